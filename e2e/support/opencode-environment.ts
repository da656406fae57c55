/**
 * Variables that point an OpenCode at a model server of the tests, for the session's environment. The provider is
 * bundled in OpenCode, nothing is downloaded. `settings` are added to its configuration.
 */
export function openCodeEnvironment(
  modelUrl: string,
  settings: Record<string, unknown> = {},
): Record<string, string> {
  const config = {
    provider: {
      scripted: {
        npm: "@ai-sdk/openai-compatible",
        name: "Scripted",
        options: { baseURL: modelUrl, apiKey: "no-key" },
        models: {
          "scripted-1": {
            name: "Scripted 1",
            tool_call: true,
            limit: { context: 100_000, output: 8_000 },
          },
        },
      },
    },
    model: "scripted/scripted-1",
    small_model: "scripted/scripted-1",
    share: "disabled",
    autoupdate: false,
    ...settings,
  };
  return { OPENCODE_CONFIG_CONTENT: JSON.stringify(config) };
}
