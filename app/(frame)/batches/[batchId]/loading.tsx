import { RowsToCome } from "#components/ingest/query-notice.tsx";

export default function LoadingBatch() {
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <div aria-hidden className="h-8 w-3/5 rounded-sm bg-sunken" />
      <div aria-hidden className="h-40 rounded border border-line bg-surface" />
      <div className="rounded border border-line bg-surface">
        <RowsToCome count={6} label="Loading the batch …" />
      </div>
    </main>
  );
}
