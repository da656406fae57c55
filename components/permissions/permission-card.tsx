"use client";

import type { AgentRequest, RequestOption } from "#lib/agent-request.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { RequestCard } from "./request-card.tsx";
import { useAnswer } from "./use-answer.ts";
import { useNumberKeys } from "./use-number-keys.ts";

interface PermissionCardProps {
  request: AgentRequest;
  /** Its answers have the number keys. */
  isFirst: boolean;
}

interface Choice {
  name: string;
  option: RequestOption;
  always: boolean;
}

/** Asks for leave in the agent's words. Where the agent offers no rule of its own, ours is offered if there can be one. */
export function PermissionCard({ request, isFirst }: PermissionCardProps) {
  const isHydrated = useHydrated();
  const { answer, isBusy, error } = useAnswer(request.requestId);
  const choices = listChoices(request);
  const choose = (index: number) => {
    const choice = choices[index];
    if (choice) answer({ optionId: choice.option.optionId }, choice.always);
  };
  useNumberKeys(isFirst, choose);
  return (
    <RequestCard request={request} error={error}>
      <div className="flex flex-wrap gap-2">
        {choices.map(({ name, option, always }, index) => (
          <Button
            key={`${option.optionId}-${String(always)}`}
            look={index === 0 ? "primary" : "secondary"}
            disabled={!isHydrated || isBusy}
            aria-keyshortcuts={isFirst && index < 9 ? String(index + 1) : undefined}
            onClick={() => choose(index)}
            className="h-auto! min-h-9 max-w-full py-1 whitespace-normal! pointer-coarse:min-h-11"
          >
            {isFirst && index < 9 && (
              <kbd aria-hidden className="font-mono text-meta opacity-70 pointer-coarse:hidden">
                {index + 1}
              </kbd>
            )}
            {visibleText(name)}
          </Button>
        ))}
      </div>
    </RequestCard>
  );
}

function listChoices({ options, canAllowAlways }: AgentRequest): Choice[] {
  const choices = options.map((option) => ({ name: option.name, option, always: false }));
  const once = options.find(({ kind }) => kind === "allow_once");
  const hasOwnRule = options.some(({ kind }) => kind === "allow_always");
  if (once === undefined || hasOwnRule || !canAllowAlways) return choices;
  return [...choices, { name: "Always allow this in this session", option: once, always: true }];
}
