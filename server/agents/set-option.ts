import type { AgentOption } from "#lib/agent-settings.ts";
import { AppError } from "#lib/errors.ts";
import { type AgentLink, isAnswer } from "./agent-link.ts";
import type { SettingsTracker } from "./settings-tracker.ts";

export interface SetOption {
  sessionId: string;
  optionId: string;
  value: string;
  signal?: AbortSignal;
}

/**
 * Has the agent take another value from the next prompt on. Throws `conflict` with the detail `reason` `option_refused`
 * when it does not, or does not offer it any longer.
 */
export function createSetOption({
  link,
  settings,
  label,
}: {
  link: AgentLink;
  settings: SettingsTracker;
  label: string;
}) {
  return async ({ sessionId, optionId, value, signal }: SetOption): Promise<void> => {
    const option = settings.get(sessionId).options.find(({ id }) => id === optionId);
    const choice = option?.choices.find((each) => each.value === value);
    if (!option || !choice) throw refused(`${label} no longer offers "${value}"`);
    try {
      const answer = await link.call(...callOf(option, { sessionId, value }), signal);
      settings.set(sessionId, { optionId, value });
      // The others may depend on it.
      settings.take(sessionId, { ...answer, sessionUpdate: "config_option_update" });
    } catch (cause) {
      if (!isAnswer(cause)) throw cause;
      const asked = `${option.name}: ${choice.name}`;
      throw refused(`${label} does not take "${asked}". ${cause.message}`, cause);
    }
  };

  function refused(message: string, cause?: unknown): AppError {
    return new AppError("conflict", message, { details: { reason: "option_refused" }, cause });
  }
}

/** Method and parameters. */
function callOf(
  { id, way }: AgentOption,
  { sessionId, value }: { sessionId: string; value: string },
): [string, object] {
  switch (way) {
    case "mode":
      return ["session/set_mode", { sessionId, modeId: value }];
    case "model":
      return ["session/set_model", { sessionId, modelId: value }];
    case "config":
      return ["session/set_config_option", { sessionId, configId: id, value }];
  }
}
