import type { AgentRequest } from "#lib/agent-request.ts";
import type { PromptState, SessionState } from "#lib/session-state.ts";

/** A prompt under the names that programs send it with: its words are `prompt`. */
export const tellPrompt = <Prompt extends Pick<PromptState, "text">>({
  text,
  ...rest
}: Prompt) => ({
  ...rest,
  prompt: text,
});

/** What an agent asks, under the names that it is answered with: of what is offered each is an `option`. */
export const tellRequest = ({ options, ...rest }: AgentRequest) => ({
  ...rest,
  options: options.map(({ optionId: option, ...words }) => ({ option, ...words })),
});

/** A session, with the same names inside. */
export const tellSession = ({ prompts, requests, ...rest }: SessionState) => ({
  ...rest,
  requests: requests.map(tellRequest),
  prompts: prompts.map((prompt) => tellPrompt(prompt)),
});
