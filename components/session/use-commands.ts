"use client";

import { useQuery } from "@tanstack/react-query";
import { useState, type KeyboardEvent } from "react";
import type { AgentCommand } from "#lib/agent-settings.ts";
import type { SessionState } from "#lib/session-state.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { findCommands, readTypedCommand } from "./typed-command.ts";

interface CommandsOptions {
  state: Pick<SessionState, "sessionId" | "agentSettings">;
  text: string;
  isLocked: boolean;
  onTake: (text: string) => void;
}

export interface CommandChoice {
  /** Those that begin with what was typed; empty while the list is closed. */
  commands: readonly AgentCommand[];
  activeIndex: number;
  take(command: AgentCommand): void;
  point(index: number): void;
  /** True when the key was meant for the list. */
  handleKey(event: KeyboardEvent): boolean;
}

/** Slash commands of the agent, while one is typed at the beginning of a prompt. */
export function useCommands({ state, text, isLocked, onTake }: CommandsOptions): CommandChoice {
  const trpc = useTRPC();
  const { sessionId, agentSettings } = state;
  const typed = isLocked ? null : readTypedCommand(text);
  const [pointed, setPointed] = useState({ typed: "", index: 0 });
  const [closedAt, setClosedAt] = useState<string | null>(null);
  const query = { sessionId, version: agentSettings?.version ?? 0 };
  const { data } = useQuery({
    ...trpc.session.agentSettings.queryOptions(query),
    enabled: typed !== null && (agentSettings?.commandCount ?? 0) > 0,
    staleTime: Infinity,
  });
  const isOpen = typed !== null && closedAt !== typed;
  const commands = isOpen ? findCommands(data?.commands ?? [], typed) : [];
  const activeIndex = pointed.typed === typed ? Math.min(pointed.index, commands.length - 1) : 0;
  const point = (index: number) => setPointed({ typed: typed ?? "", index });
  const take = ({ name }: AgentCommand) => onTake(`/${name} `);

  function handleKey(event: KeyboardEvent): boolean {
    const active = commands[activeIndex];
    if (!active || event.nativeEvent.isComposing) return false;
    switch (event.key) {
      case "ArrowDown":
        point((activeIndex + 1) % commands.length);
        return true;
      case "ArrowUp":
        point((activeIndex + commands.length - 1) % commands.length);
        return true;
      case "Escape":
        setClosedAt(typed);
        return true;
      case "Enter":
      case "Tab":
        if (event.shiftKey) return false;
        // What stands there whole is sent by Enter.
        if (event.key === "Enter" && active.name === typed) return false;
        take(active);
        return true;
      default:
        return false;
    }
  }

  return { commands, activeIndex, take, point, handleKey };
}
