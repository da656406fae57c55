const ROWS = 3;

export default function LoadingShares() {
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <h1 className="text-title font-semibold tracking-tight">Shares</h1>
      <ul aria-label="Loading shares" aria-busy className="rounded border border-line bg-surface">
        {Array.from({ length: ROWS }, (_, index) => (
          <li
            key={index}
            className="flex flex-col gap-2 border-b border-line px-3 py-4 last:border-b-0"
          >
            <span className="h-4 w-2/5 rounded-sm bg-hover" />
            <span className="h-3 w-3/5 rounded-sm bg-hover" />
          </li>
        ))}
      </ul>
    </main>
  );
}
