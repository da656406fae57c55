const ROWS = 6;

/** The list's own shape while it is on its way. */
export function SessionRowsSkeleton() {
  return (
    <ul aria-label="Loading sessions" aria-busy className="rounded border border-line bg-surface">
      {Array.from({ length: ROWS }, (_, index) => (
        <li
          key={index}
          className="flex items-center gap-4 border-b border-line py-2.5 pr-3 pl-6 sm:pl-12 last:border-b-0"
        >
          <span className="flex flex-1 flex-col gap-2 py-1">
            <span className="h-4 w-3/5 rounded-sm bg-hover" />
            <span className="h-3 w-2/5 rounded-sm bg-hover" />
          </span>
          <span className="hidden h-3 w-20 rounded-sm bg-hover sm:block" />
          <span className="h-3 w-14 rounded-sm bg-hover" />
        </li>
      ))}
    </ul>
  );
}
