import { readError } from "#components/api/read-error.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";

/** What could not be loaded, and another try. */
export function QueryNotice({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div className="flex flex-col items-start gap-3 rounded border border-line p-4 text-label">
      <ErrorText>{readError(error).message}</ErrorText>
      <Button isSmall onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

/** Rows in their final shape, while the first ones are on their way. */
export function RowsToCome({ count, label }: { count: number; label: string }) {
  return (
    <div role="status" className="flex flex-col gap-4 px-5 py-4">
      <span className="sr-only">{label}</span>
      {Array.from({ length: count }, (_, row) => (
        <div key={row} aria-hidden className="flex flex-col gap-2">
          <div className="h-4 w-2/3 rounded-sm bg-sunken" />
          <div className="h-3 w-1/2 rounded-sm bg-sunken" />
        </div>
      ))}
    </div>
  );
}
