"use client";

import { useDeferredValue, useMemo, useState } from "react";
import type { AgentStatus } from "#lib/agent-status.ts";
import { ErrorText } from "#components/ui/field.tsx";
import { BatchSettings, type Settings } from "./batch-settings.tsx";
import { type ChosenSource, readChosen } from "./chosen-source.ts";
import { FilesPreview } from "./files-preview.tsx";
import { ImportPreview } from "./import-preview.tsx";
import { ListFields } from "./list-fields.tsx";
import { type Lists, planBatch } from "./plan-batch.ts";
import { SendBar } from "./send-bar.tsx";
import { SourceBox } from "./source-box.tsx";
import { StartPreview } from "./start-preview.tsx";
import { TableFields } from "./table-fields.tsx";
import { noFields, type RowRules } from "./start-rows.ts";

const noLists: Lists = { prompts: "", repositories: "" };

interface NewBatchScreenProps {
  agents: readonly AgentStatus[];
  defaultAgentId: string;
  allowsLocalPaths: boolean;
  /** What counts where nobody says how many at one time. */
  sessionsAtOnce: number;
}

/** Makes a batch from lists, a table, lines or session files; nothing is sent before the button is pressed. */
export function NewBatchScreen(props: NewBatchScreenProps) {
  const { agents, defaultAgentId, allowsLocalPaths, sessionsAtOnce } = props;
  const [chosen, setChosen] = useState<ChosenSource | null>(null);
  const [lists, setLists] = useState<Lists>(noLists);
  const [settings, setSettings] = useState<Settings>({
    ...noFields,
    agent: defaultAgentId,
    concurrency: "",
  });
  const { isReading, problem, read } = useReading(setChosen);

  const { prompt, repository, branch, agent } = settings;
  const rules = useMemo<RowRules>(() => {
    const given = chosen === null ? { prompt: "", repository: "" } : { prompt, repository };
    return {
      defaults: {
        prompt: given.prompt.trim(),
        repository: given.repository.trim(),
        branch: branch.trim(),
        agent,
        profile: "",
      },
      agentIds: agents.map(({ id }) => id),
      allowsLocalPaths,
    };
  }, [chosen, prompt, repository, branch, agent, agents, allowsLocalPaths]);
  // Typing stays quick with thousands of rows below.
  const [askedLists, askedRules] = [useDeferredValue(lists), useDeferredValue(rules)];
  const plan = useMemo(
    () => planBatch(chosen, askedLists, askedRules),
    [chosen, askedLists, askedRules],
  );
  const isStart = plan.kind === "start";
  const isUpToDate = askedLists === lists && askedRules === rules;

  return (
    <div className="flex flex-col gap-8">
      <SourceBox
        chosen={chosen}
        isReading={isReading}
        onFiles={read}
        onClear={() => setChosen(null)}
      />
      {problem !== null && (
        <p className="-mt-5 text-label">
          <ErrorText>{problem}</ErrorText>
        </p>
      )}
      {chosen === null && <ListFields lists={lists} onChange={setLists} />}
      {chosen?.kind === "table" && <TableFields chosen={chosen} onChange={setChosen} />}
      {isStart && (
        <BatchSettings
          settings={settings}
          onChange={(changes) => setSettings({ ...settings, ...changes })}
          agents={agents}
          hasOwnTexts={chosen !== null}
          sessionsAtOnce={sessionsAtOnce}
        />
      )}
      {chosen?.kind === "files" && <FilesPreview seen={chosen.seen} />}
      {isStart && <StartPreview plan={plan} defaults={askedRules.defaults} />}
      {chosen?.kind === "lines" && !isStart && <ImportPreview plan={plan} />}
      <SendBar
        chosen={chosen}
        plan={plan}
        defaults={rules.defaults}
        concurrency={isStart ? settings.concurrency : ""}
        isWaiting={!isUpToDate || isReading}
      />
    </div>
  );
}

/** Files are looked at when they are chosen; the last ones count. */
function useReading(onRead: (chosen: ChosenSource) => void) {
  const [isReading, setIsReading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const read = (files: File[]) => {
    if (files.length === 0) return;
    setIsReading(true);
    setProblem(null);
    readChosen(files)
      .then(onRead)
      .catch((error: unknown) =>
        setProblem(error instanceof Error ? error.message : "This could not be read."),
      )
      .finally(() => setIsReading(false));
  };
  return { isReading, problem, read };
}
