"use client";

import { memo } from "react";
import { TurnOutputs } from "#components/outputs/turn-outputs.tsx";
import { PreparationPanel } from "#components/session/preparation-panel.tsx";
import { AgentArticle } from "./agent-article.tsx";
import { isSameTurn, type Turn } from "./build-turns.ts";
import { doneAt } from "./created-at.ts";
import { visibleParts } from "./part-groups.ts";
import { PromptArticle } from "./prompt-article.tsx";

/** Nothing in it is from the agent, and nothing to be seen: what a program noted for itself between prompts. */
const isBookkeeping = ({ answers }: Turn) =>
  answers.every(({ role }) => role === "system") && visibleParts(answers, true).length === 0;

interface TurnProps {
  turn: Turn;
  isRunning: boolean;
  /** The preparation of the workspace stands between prompt and answer. */
  hasPreparation: boolean;
}

/** A prompt and what became of it; drawn again only when one of its messages changed. */
export const TurnView = memo(
  function TurnView({ turn, isRunning, hasPreparation }: TurnProps) {
    const hasAnswer = isRunning || !isBookkeeping(turn);
    return (
      <div data-turn={turn.id} className="flex flex-col gap-5">
        {turn.prompt && (
          <PromptArticle prompt={turn.prompt} doneMs={isRunning ? null : doneAt(turn.answers)} />
        )}
        {hasPreparation && <PreparationPanel hasAnswer={hasAnswer} />}
        {hasAnswer && <AgentArticle turn={turn} isRunning={isRunning} />}
        <TurnOutputs turn={turn} />
      </div>
    );
  },
  (before, after) =>
    before.isRunning === after.isRunning &&
    before.hasPreparation === after.hasPreparation &&
    isSameTurn(before.turn, after.turn),
);
