import { RowsToCome } from "#components/ingest/query-notice.tsx";

export default function LoadingBatches() {
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <h1 className="flex min-h-9 items-center text-title font-semibold tracking-tight">Batches</h1>
      <div className="rounded border border-line bg-surface">
        <RowsToCome count={5} label="Loading batches …" />
      </div>
    </main>
  );
}
