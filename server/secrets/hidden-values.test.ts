import { expect, test } from "vitest";
import { hiddenValues } from "./hidden-values.ts";

test.each([
  ["ANTHROPIC_API_KEY", "hunter"],
  ["PASSWORD", "correct-horse"],
  ["ANYTHING", "s3cr3t-0f-0urs"],
  ["DATABASE", "postgres://me:hunter2@db/app"],
  ["OPENAI_BASE_URL", "https://me:hunter2@gate.acme.test/v1"],
  ["FEED", "https://gate.acme.test/v1?key=hunter2"],
  ["SLACK_URL", "https://hooks.slack.com/services/T0AB/B0CD/x9Kq2LmZ"],
  ["SLACK_HOOK", "https://hooks.acme.test/deploy"],
  ["MYSQL_PWD", "hunterhunter"],
  ["PGPASSWORD", "swordfish"],
  ["DOOR_PIN", "123456"],
  ["apiKey2", "swordfish"],
  ["SECRET_NAME", "hunter2hunter2"],
  ["CACHE_PATH", "hunter2hunter2"],
  ["SOME_MODEL", "x9Kq2LmZx9Kq2LmZ"],
  ["SOME_REGION", "postgres://me:hunter2@db/app"],
])("%s=%s is hidden", (name, value) => expect(hiddenValues({ [name]: value })).toEqual([value]));

test.each([
  ["NODE_ENV", "production"],
  ["MODE", "workspace-write"],
  ["ANTHROPIC_MODEL", "claude-sonnet-4-20250514"],
  ["OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"],
  ["CONFIG_DIR", "/opt/agents/config.d"],
  ["LIMIT", "1000000"],
  ["MAX_TOKENS", "100000"],
  ["GIT_AUTHOR_NAME", "Ada Lovelace"],
  ["COOKIE_NAME", "session"],
  ["AUTH_METHOD", "password"],
  ["LOCAL_MODEL", "Qwen/Qwen2.5-Coder-32B-Instruct"],
  ["PATH", "/usr/local/bin:/usr/bin"],
  ["PWD", "/srv/app"],
  ["MONKEYS", "chimpanzee"],
])("%s=%s is not", (name, value) => expect(hiddenValues({ [name]: value })).toEqual([]));

test.each(["https://", "/", "a-", "1", ""])(
  "a long value that begins with %j takes no time",
  (beginning) => {
    const value = `${beginning}${"a.".repeat(500_000)}!`;
    expect(hiddenValues({ ANYTHING: value, SOME_NAME: value })).toEqual([value, value]);
  },
);
