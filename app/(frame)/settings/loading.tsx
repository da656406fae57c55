const ROWS = 3;

export default function LoadingSettings() {
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-12 px-4 py-8 sm:px-6 sm:py-10"
    >
      <h1 className="text-title font-semibold tracking-tight">Settings</h1>
      <section aria-labelledby="environments" className="flex flex-col gap-4">
        <h2 id="environments" className="text-heading font-semibold">
          Environments
        </h2>
        <ul
          aria-label="Loading settings"
          aria-busy
          className="rounded border border-line bg-surface"
        >
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
      </section>
    </main>
  );
}
