"use client";

import clsx from "clsx";
import { useState } from "react";
import type { Filing } from "#lib/shelf.ts";
import { Button } from "#components/ui/button.tsx";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ChildSessions } from "./child-sessions.tsx";
import type { ListFilters } from "./list-filters.ts";
import { RenameDialog } from "./rename-dialog.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import { SessionRow } from "./session-row.tsx";
import { SessionRowMenu } from "./session-row-menu.tsx";
import type { SessionSummary } from "./session-summary.ts";
import { useFiling } from "./use-filing.ts";
import { useListKeys } from "./use-list-keys.ts";
import { useSelection, type Selection } from "./use-selection.ts";

interface SessionRowsProps {
  sessions: readonly SessionSummary[];
  shelf: ListFilters["shelf"];
  agentLabels: Readonly<Record<string, string>>;
  /** Something else was asked for, and has not come. */
  isStale: boolean;
}

/** The rows of a list, each with its menu, and what can be done with those that are selected. */
export function SessionRows(props: SessionRowsProps) {
  const { sessions, shelf, agentLabels, isStale } = props;
  const selection = useSelection(sessions.map(({ sessionId }) => sessionId));
  const [renamed, setRenamed] = useState<SessionSummary | null>(null);
  const [doomed, setDoomed] = useState<string[] | null>(null);
  const filing = useFiling(selection.clear);
  const deletion = useFiling(() => {
    selection.clear();
    setDoomed(null);
  });
  const file = (wanted: Filing, sessionIds: string[]) => {
    if (wanted !== "delete") return filing.mutate({ filing: wanted, sessionIds });
    deletion.reset();
    setDoomed(sessionIds);
  };
  useListKeys({ shelf, selection, onFile: file });

  return (
    <>
      {selection.ids.size > 0 && (
        <SelectionBar
          count={selection.ids.size}
          shelf={shelf}
          isBusy={filing.isPending}
          onFile={(wanted) => file(wanted, [...selection.ids])}
          onClear={selection.clear}
        />
      )}
      <ul
        aria-label="Sessions"
        aria-busy={isStale}
        className={clsx("rounded border border-line bg-surface", isStale && "opacity-60")}
      >
        {sessions.map((session) => (
          <SessionRow
            key={session.sessionId}
            session={session}
            agentLabel={session.agentId === null ? undefined : agentLabels[session.agentId]}
            isSelected={selection.has(session.sessionId)}
            leading={<SelectBox session={session} selection={selection} />}
            trailing={
              <>
                {session.shelf === "trash" && (
                  <Button
                    isSmall
                    aria-label={`Restore: ${visibleText(session.title)}`}
                    disabled={filing.isPending}
                    onClick={() => file("restore", [session.sessionId])}
                  >
                    Restore
                  </Button>
                )}
                <SessionRowMenu
                  session={session}
                  onFile={(wanted) => file(wanted, [session.sessionId])}
                  onRename={() => setRenamed(session)}
                  onSelect={() => selection.toggle(session.sessionId)}
                />
              </>
            }
          >
            {session.childCount > 0 && (
              <ChildSessions session={session} agentLabels={agentLabels} />
            )}
          </SessionRow>
        ))}
      </ul>
      {renamed && <RenameDialog session={renamed} onClose={() => setRenamed(null)} />}
      {doomed && (
        <ConfirmDialog
          title={`Delete ${formatCount(doomed.length, "session")} for good?`}
          action="Delete for good"
          mutation={deletion}
          onConfirm={() => deletion.mutate({ filing: "delete", sessionIds: doomed })}
          onClose={() => setDoomed(null)}
        >
          Transcripts and workspaces are removed. This cannot be taken back.
        </ConfirmDialog>
      )}
    </>
  );
}

/** Out of the way until a row is pointed at, or something is selected. */
function SelectBox({ session, selection }: { session: SessionSummary; selection: Selection }) {
  const { sessionId, title } = session;
  return (
    <label
      className={clsx(
        "flex h-8 w-7 shrink-0 items-center justify-center pointer-coarse:size-10",
        selection.ids.size === 0 &&
          "opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100 max-sm:hidden",
      )}
    >
      <span className="sr-only">Select {visibleText(title)}</span>
      <input
        type="checkbox"
        checked={selection.has(sessionId)}
        onChange={(event) => {
          const isRange = "shiftKey" in event.nativeEvent && event.nativeEvent.shiftKey === true;
          selection.toggle(sessionId, { isRange });
        }}
        className="size-4"
      />
    </label>
  );
}
