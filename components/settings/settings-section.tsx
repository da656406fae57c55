import type { ReactNode, RefObject } from "react";
import { QueryNotice } from "#components/ingest/query-notice.tsx";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";

interface SettingsSectionProps {
  /** Of its heading. */
  id: string;
  title: string;
  meaning: ReactNode;
  /** Of the button that begins what adds to the list below. */
  addLabel: string;
  addRef: RefObject<HTMLButtonElement | null>;
  isAdding: boolean;
  onAdd: () => void;
  /** Form and list. */
  children: ReactNode;
  /** Why the list could not be read. */
  error: unknown;
  onRetry: () => void;
  /** What was done last, for those who listen. */
  outcome: string;
}

/** One kind of things that are kept in the settings. */
export function SettingsSection({
  id,
  title,
  meaning,
  addLabel,
  addRef,
  isAdding,
  onAdd,
  children,
  error,
  onRetry,
  outcome,
}: SettingsSectionProps) {
  const isHydrated = useHydrated();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-4">
      {/* The words stand beside the button where there is room for both, else below it. */}
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 sm:flex-nowrap sm:items-start">
        <div className="contents sm:flex sm:flex-col sm:gap-1">
          <h2 id={id} className="text-heading font-semibold">
            {title}
          </h2>
          <p className="order-last w-full max-w-prose text-label text-soft">{meaning}</p>
        </div>
        <Button ref={addRef} look="primary" disabled={!isHydrated || isAdding} onClick={onAdd}>
          {addLabel}
        </Button>
      </div>
      {error !== null && <QueryNotice error={error} onRetry={onRetry} />}
      {children}
      <p role="status" className="sr-only">
        {outcome}
      </p>
    </section>
  );
}

/** Stands in place of a list without anything in it. */
export function NothingKept({ children }: { children: ReactNode }) {
  return (
    <p className="rounded border border-dashed border-line px-3 py-4 text-label text-faint">
      {children}
    </p>
  );
}
