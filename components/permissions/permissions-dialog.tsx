"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { X } from "lucide-react";
import type { PermissionRule } from "#lib/agent-request.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { firstWords } from "#components/format/first-words.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { IconButton } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { PermissionChoice } from "./permission-choice.tsx";

/** Whether somebody is asked before the agent's tools run, and what is allowed without asking. */
export function PermissionsDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const { sessionId, permissions } = useAtomValue(sessionStateAtom);
  const change = useMutation(trpc.permission.change.mutationOptions());
  // What was chosen is shown at once; the session's state says the same soon after.
  const mode = change.isPending ? change.variables.permissions : permissions;
  return (
    <Dialog title="Permissions" onClose={onClose}>
      <div className="flex max-h-[70dvh] flex-col gap-5 overflow-y-auto p-4">
        <PermissionChoice
          mode={mode}
          isDisabled={change.isPending}
          onChange={(wanted) => change.mutate({ sessionId, permissions: wanted })}
        />
        {change.error && (
          <p className="text-meta">
            <ErrorText>{readError(change.error).message}</ErrorText>
          </p>
        )}
        <RuleList />
      </div>
    </Dialog>
  );
}

function RuleList() {
  const trpc = useTRPC();
  const { sessionId } = useAtomValue(sessionStateAtom);
  const { data: rules, error } = useQuery(
    trpc.permission.rules.queryOptions({ sessionId }, { staleTime: 0 }),
  );
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-label font-medium">Always allowed in this session</h3>
      {error && (
        <p className="text-meta">
          <ErrorText>{readError(error).message}</ErrorText>
        </p>
      )}
      {!error && rules === undefined && <p className="text-meta text-faint">Reading …</p>}
      {rules?.length === 0 && (
        <p className="text-meta text-faint">
          Nothing yet. What you always allow on a card is listed here.
        </p>
      )}
      {rules !== undefined && rules.length > 0 && (
        <ul className="flex flex-col gap-1">
          {rules.map((rule) => (
            <RuleRow key={rule.ruleKey} rule={rule} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RuleRow({ rule }: { rule: PermissionRule }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { sessionId } = useAtomValue(sessionStateAtom);
  const remove = useMutation(
    trpc.permission.removeRule.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.permission.rules.queryFilter({ sessionId })),
    }),
  );
  const { title, summary, createdAt, ruleKey } = rule;
  const words = summary === null || summary === title ? title : `${title}: ${summary}`;
  return (
    <li className="flex items-center gap-2 rounded bg-sunken py-1 pr-1 pl-3 text-label">
      <span className="line-clamp-2 min-w-0 flex-1 font-mono text-code [overflow-wrap:anywhere]">
        {visibleText(words)}
      </span>
      <RelativeTime iso={createdAt} className="shrink-0 text-meta text-faint tabular" />
      <IconButton
        label={`Ask again about: ${firstWords(words)}`}
        disabled={remove.isPending}
        onClick={() => remove.mutate({ sessionId, ruleKey })}
      >
        <X aria-hidden />
      </IconButton>
      {remove.error && <ErrorText>{readError(remove.error).message}</ErrorText>}
    </li>
  );
}
