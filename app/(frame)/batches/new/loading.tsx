export default function LoadingNewBatch() {
  return (
    <main
      id="main"
      aria-busy
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <h1 className="text-title font-semibold tracking-tight">Many sessions at once</h1>
      <div aria-hidden className="h-18 rounded border border-line bg-surface" />
      <div aria-hidden className="grid gap-5 sm:grid-cols-2">
        <div className="h-48 rounded bg-sunken" />
        <div className="h-48 rounded bg-sunken" />
      </div>
    </main>
  );
}
