import { expect, test } from "vitest";
import { hiddenValues } from "./hidden-values.ts";

test.each([
  ["ANTHROPIC_API_KEY", "hunter"],
  ["PASSWORD", "correct-horse"],
  ["ANYTHING", "s3cr3t-0f-0urs"],
  ["DATABASE", "postgres://me:hunter2@db/app"],
  ["OPENAI_BASE_URL", "https://me:hunter2@gate.acme.test/v1"],
  ["FEED", "https://gate.acme.test/v1?key=hunter2"],
])("%s=%s is hidden", (name, value) => expect(hiddenValues({ [name]: value })).toEqual([value]));

test.each([
  ["NODE_ENV", "production"],
  ["MODE", "workspace-write"],
  ["ANTHROPIC_MODEL", "claude-sonnet-4-20250514"],
  ["OPENAI_BASE_URL", "http://127.0.0.1:8080/v1"],
  ["CONFIG_DIR", "/opt/agents/config.d"],
  ["LIMIT", "1000000"],
])("%s=%s is not", (name, value) => expect(hiddenValues({ [name]: value })).toEqual([]));
