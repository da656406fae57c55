import { AppError } from "#lib/errors.ts";
import { runProcess } from "#server/sandboxes/run-process.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";

const WRITE_TIMEOUT_MS = 10_000;

/** What an agent reads at its start, by path below its home; made from the variables that the agent gets. */
export type SettingsFiles = (
  environment: Readonly<Record<string, string>>,
) => Record<string, string>;

const toJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Without them it asks how to sign in, and whether the folder can be trusted. */
export const geminiSettings: SettingsFiles = () => ({
  ".gemini/settings.json": toJson({
    security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
    privacy: { usageStatisticsEnabled: false },
    general: { disableAutoUpdate: true, disableUpdateNag: true },
  }),
});

export const qwenSettings: SettingsFiles = () => ({
  ".qwen/settings.json": toJson({
    security: { auth: { selectedType: "openai" }, folderTrust: { enabled: false } },
    privacy: { usageStatisticsEnabled: false },
    general: { disableAutoUpdate: true, disableUpdateNag: true },
  }),
});

/** Takes its key from `OPENAI_API_KEY`, where it would otherwise want a login, and looks for no updates. */
export const codexSettings: SettingsFiles = ({ OPENAI_BASE_URL, OPENAI_MODEL }) => ({
  ".codex/config.toml": [
    ...(OPENAI_MODEL ? [`model = ${JSON.stringify(OPENAI_MODEL)}`] : []),
    'model_provider = "by-key"',
    "check_for_update_on_startup = false",
    "[model_providers.by-key]",
    'name = "OpenAI"',
    `base_url = ${JSON.stringify(OPENAI_BASE_URL || "https://api.openai.com/v1")}`,
    'env_key = "OPENAI_API_KEY"',
    'wire_api = "responses"',
    "[features]",
    "plugins = false",
    "apps = false",
    "",
  ].join("\n"),
});

/**
 * A file that a setup command or the agent itself has written or changed stays. One of an earlier start is replaced: the
 * checksums of what we wrote are beside it, the new one before its file is.
 */
const WRITE_SCRIPT = `
umask 077
sums="$1.millrace-sums"
if [ -e "$1" ]; then
  [ -f "$1" ] && [ -f "$sums" ] && grep -qxF -- "$(cksum < "$1")" "$sums" || exit 0
fi
new="$1.millrace-new"
mkdir -p -- "\${1%/*}" && printf %s "$MILLRACE_SETTINGS" > "$new" || exit 1
if [ -e "$1" ] && cmp -s -- "$new" "$1"; then
  rm -f -- "$new"
else
  cksum < "$new" >> "$sums"
  mv -f -- "$new" "$1"
fi`;

interface WriteOptions {
  files: Record<string, string>;
  cwd: string;
  homePath: string;
  signal: AbortSignal;
}

/**
 * Writes what is not there yet, or only from an earlier start with other variables. By a process of the session's own:
 * its home may lead anywhere by links, and only what the session may write itself may be reached by them.
 */
export async function writeSettingsFiles(
  sandbox: Sandbox,
  { files, cwd, homePath, signal }: WriteOptions,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const { code } = await runProcess({
      sandbox,
      request: {
        command: "/bin/sh",
        args: ["-c", WRITE_SCRIPT, "millrace", `${homePath}/${path}`],
        cwd,
        homePath,
        environment: { MILLRACE_SETTINGS: text },
      },
      signal,
      timeoutMs: WRITE_TIMEOUT_MS,
      endsLeftovers: true,
      onStdout: () => {},
      onStderr: () => {},
    });
    if (code !== 0)
      throw new AppError("unavailable", `The agent's settings could not be written (${path})`);
  }
}
