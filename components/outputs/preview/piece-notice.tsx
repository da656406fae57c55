import { Button } from "#components/ui/button.tsx";

interface PieceNoticeProps {
  hasFailed: boolean;
  onRetry: () => void;
}

/** Stands where the beginning of an output will be, or could not be read. */
export function PieceNotice({ hasFailed, onRetry }: PieceNoticeProps) {
  if (!hasFailed) return <p className="px-4 py-6 text-label text-faint">Loading …</p>;
  return (
    <p role="alert" className="flex items-center gap-3 px-4 py-6 text-label text-soft">
      Its bytes could not be read.
      <Button isSmall onClick={onRetry}>
        Try again
      </Button>
    </p>
  );
}
