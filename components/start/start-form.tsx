"use client";

import clsx from "clsx";
import { ChevronRight } from "lucide-react";
import {
  useEffect,
  useEffectEvent,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type FormEvent,
  type KeyboardEvent,
} from "react";
import type { AgentStatus } from "#lib/agent-status.ts";
import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import { takePasted } from "#components/attachments/attach-button.tsx";
import { useAttachments } from "#components/attachments/use-attachments.ts";
import { countHidden, withoutHidden } from "#components/format/hidden-characters.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText, Field } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { AdvancedFields } from "./advanced-fields.tsx";
import { AgentField } from "./agent-field.tsx";
import { findProfile, type OfferedProfile } from "./find-profile.ts";
import { findMissing } from "./find-missing.ts";
import { HiddenNote } from "./hidden-note.tsx";
import { PromptFiles } from "./prompt-files.tsx";
import { RepositoryField } from "./repository-field.tsx";
import { toStartInput, type StartDraft } from "./start-draft.ts";
import { fieldOf, findError, type StartErrors } from "./start-errors.ts";
import { StartSummary } from "./start-summary.tsx";
import { useStart } from "./use-start.ts";
import { useStartDraft } from "./use-start-draft.ts";

const advancedNames: ReadonlySet<string> = new Set([
  "profile",
  "branch",
  "setupCommands",
  "environment",
]);

const FILES_KEY = "millrace-start-files";
/** What was attached to another draft does not go with what a link asks for. */
const LINKED_FILES_KEY = "millrace-linked-start-files";

interface StartFormProps {
  agents: readonly AgentStatus[];
  defaultAgentId: string;
  allowsLocalPaths: boolean;
  recentRepositories: readonly string[];
  /** The team's environments. */
  profiles: readonly OfferedProfile[];
  /** What the page's address asks for; null for an empty form. */
  linkedDraft: StartDraft | null;
}

/** Starts a session and goes to its page as soon as the server has said yes. */
export function StartForm({
  agents,
  defaultAgentId,
  allowsLocalPaths,
  recentRepositories,
  profiles,
  linkedDraft,
}: StartFormProps) {
  const id = useId();
  const isHydrated = useHydrated();
  const { draft, change, readMessageId, forgetMessageId, forget } = useStartDraft(linkedDraft);
  const [errors, setErrors] = useState<StartErrors>({});
  const files = useAttachments(linkedDraft ? LINKED_FILES_KEY : FILES_KEY, () => {
    forgetMessageId();
    forgetErrors(["attachments"]);
  });
  const [isAdvancedOpen, setIsAdvancedOpen] = useState(
    linkedDraft !== null && linkedDraft.branch !== "",
  );
  const promptRef = useRef<HTMLTextAreaElement>(null);
  const repositoryRef = useRef<HTMLInputElement>(null);
  const startRef = useRef<HTMLButtonElement>(null);
  const formRef = useRef<HTMLFormElement>(null);
  const [refusalCount, setRefusalCount] = useState(0);
  const { start, isStarting } = useStart({
    onError: showErrors,
    onStarted() {
      forget();
      files.clear();
    },
  });

  const isLinked = linkedDraft !== null;
  const offer = findProfile(profiles, draft);
  const agentId = draft.agentId ?? offer.taken?.agent ?? defaultAgentId;
  const agent = agents.find((each) => each.id === agentId);

  const keepTyped = useEffectEvent(() => {
    const prompt = promptRef.current?.value ?? "";
    const repository = repositoryRef.current?.value ?? "";
    if (prompt !== draft.prompt || repository !== draft.repository) change({ prompt, repository });
  });
  // What was typed before the page came alive is still in the fields now, and would be gone with the next render.
  useLayoutEffect(() => keepTyped(), []);

  useEffect(() => {
    // Once it can be pressed. It stands in sight by itself, and what Enter would run is not to be scrolled away.
    if (isHydrated && linkedDraft && linkedDraft.prompt !== "" && linkedDraft.repository !== "") {
      startRef.current?.focus({ preventScroll: true });
      promptRef.current?.scrollIntoView({ block: "nearest", behavior: "instant" });
    }
  }, [linkedDraft, isHydrated]);

  useEffect(() => {
    // Once the refused field is shown and Start can be pressed again.
    if (refusalCount === 0 || isStarting) return;
    const refused = formRef.current?.querySelector<HTMLElement>(
      "[aria-invalid=true], [data-refused=true]",
    );
    (refused ?? startRef.current)?.focus();
  }, [refusalCount, isStarting]);

  function showErrors(next: StartErrors) {
    setErrors(next);
    if (Object.keys(next).some((path) => advancedNames.has(fieldOf(path)))) setIsAdvancedOpen(true);
    setRefusalCount((count) => count + 1);
  }

  function edit(changes: Partial<StartDraft>) {
    change(changes);
    forgetErrors(Object.keys(changes));
  }

  function forgetErrors(names: readonly string[]) {
    setErrors((current) =>
      Object.fromEntries(
        Object.entries(current).filter(([path]) => !names.includes(fieldOf(path)) && path !== ""),
      ),
    );
  }

  function submit(event?: FormEvent) {
    event?.preventDefault();
    if (!isHydrated || isStarting) return;
    const missing = findMissing({ draft, agent, files });
    if (Object.keys(missing).length > 0) showErrors(missing);
    else {
      setErrors({});
      const attachments = files.ids.length > 0 ? { attachments: files.ids } : {};
      const input = { ...toStartInput(draft), ...attachments };
      start({ ...input, agent: agentId, messageId: readMessageId() });
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      submit();
    }
  }

  function takeOutHidden() {
    edit({ prompt: withoutHidden(draft.prompt) });
    promptRef.current?.focus();
  }

  const hiddenCount = isLinked ? countHidden(draft.prompt) : 0;
  const isNearlyFull = draft.prompt.length > PROMPT_MAX_CHARACTERS * 0.9;
  return (
    <form
      ref={formRef}
      onSubmit={submit}
      onKeyDown={onKeyDown}
      className={clsx(
        "flex flex-col gap-5",
        isLinked && "[&_:is(input,select,summary,textarea)]:scroll-mb-72",
      )}
      aria-busy={isStarting}
    >
      <Field
        label="Prompt"
        controlId={`${id}-prompt`}
        error={findError(errors, "prompt")}
        hint={
          hiddenCount > 0 ? (
            <HiddenNote count={hiddenCount} onTakeOut={takeOutHidden} />
          ) : (
            isNearlyFull &&
            `${draft.prompt.length.toLocaleString("en")} of ${PROMPT_MAX_CHARACTERS.toLocaleString("en")} characters`
          )
        }
      >
        <textarea
          ref={promptRef}
          id={`${id}-prompt`}
          aria-describedby={`${id}-prompt-note`}
          aria-invalid={findError(errors, "prompt") !== null}
          value={draft.prompt}
          rows={5}
          autoFocus={!isLinked || linkedDraft.prompt === ""}
          placeholder="What should the agent do?"
          onChange={(event) => edit({ prompt: event.target.value })}
          onPaste={(event) => takePasted(event, files.add)}
          className="field field-sizing-content scroll-mt-28 max-h-[45dvh] min-h-36 resize-none px-4 py-3"
        />
      </Field>
      <PromptFiles draft={files} error={findError(errors, "attachments")} />

      <div className="grid gap-5 sm:grid-cols-[1fr_minmax(14rem,18rem)]">
        <RepositoryField
          inputRef={repositoryRef}
          autoFocus={isLinked && linkedDraft.prompt !== "" && linkedDraft.repository === ""}
          value={draft.repository}
          onChange={(repository) => edit({ repository })}
          recent={recentRepositories}
          allowsLocalPaths={allowsLocalPaths}
          error={findError(errors, "repository")}
        />
        <AgentField
          agents={agents}
          agentId={agentId}
          onChange={(value) => edit({ agentId: value })}
          error={findError(errors, "agent")}
        />
      </div>

      <details
        open={isAdvancedOpen}
        onToggle={(event) => setIsAdvancedOpen(event.currentTarget.open)}
        className="group"
      >
        <summary className="inline-flex items-center gap-1 rounded text-label text-soft marker:content-none hover:text-ink">
          <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
          Branch, setup, environment
        </summary>
        <div className="mt-3">
          <AdvancedFields draft={draft} onChange={edit} errors={errors} profiles={offer} />
        </div>
      </details>

      {errors[""] !== undefined && (
        <p className="text-label">
          <ErrorText>{errors[""]}</ErrorText>
        </p>
      )}

      <div
        className={clsx(
          "flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t border-line pt-4",
          // What a link brought is never out of sight of the button that runs it, unless there is no room for both.
          isLinked && "bottom-0 z-10 -mx-1 bg-canvas px-1 pb-4 [@media(min-height:30rem)]:sticky",
        )}
      >
        <StartSummary
          draft={draft}
          agent={agent}
          profileName={offer.taken?.name ?? null}
          isLinked={isLinked}
        />
        <Button
          ref={startRef}
          type="submit"
          look="primary"
          disabled={!isHydrated || isStarting}
          className="ml-auto min-w-28"
        >
          {isStarting ? "Starting …" : "Start"}
        </Button>
      </div>
    </form>
  );
}
