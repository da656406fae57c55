"use client";

import { usePathname } from "next/navigation";
import { useId, useState, type FormEvent } from "react";
import { SHARE_PASSWORD_MAX_CHARACTERS } from "#lib/limits.ts";
import { Button } from "#components/ui/button.tsx";
import { Field } from "#components/ui/field.tsx";
import { ShareNotice } from "./share-notice.tsx";

const words = {
  wrong: "That did not open anything. The link may have ended, or the password may be wrong.",
  limited: "Too many attempts. Try again in a minute.",
  offline: "The server did not answer. Try again.",
};

/** For every link that does not open by itself, alike: whether there is something behind it is not told. */
export function LockedShare() {
  const id = useId();
  const token = usePathname().split("/")[2] ?? "";
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<keyof typeof words | null>(null);
  const [isTrying, setIsTrying] = useState(false);

  async function unlock(event: FormEvent) {
    event.preventDefault();
    if (isTrying || password === "") return;
    setIsTrying(true);
    setProblem(null);
    const outcome = await tryPassword(token, password);
    if (outcome === "open") return location.reload();
    setProblem(outcome);
    setIsTrying(false);
  }

  return (
    <ShareNotice title="This link does not open by itself">
      <p>
        It may have ended, been taken back, or been cut when it was copied. If you were given a
        password with it, enter it here.
      </p>
      <form
        onSubmit={(event) => void unlock(event)}
        className="flex flex-col items-start gap-3 pt-2"
      >
        <Field
          label="Password"
          controlId={id}
          error={problem && words[problem]}
          className="w-full max-w-sm text-ink"
        >
          <input
            id={id}
            type="password"
            autoComplete="off"
            aria-describedby={`${id}-note`}
            aria-invalid={problem === "wrong"}
            value={password}
            maxLength={SHARE_PASSWORD_MAX_CHARACTERS}
            onChange={(event) => setPassword(event.target.value)}
            className="field h-9 px-3 text-label pointer-coarse:h-11"
          />
        </Field>
        <Button type="submit" look="primary" disabled={isTrying}>
          {isTrying ? "Opening …" : "Open"}
        </Button>
      </form>
    </ShareNotice>
  );
}

async function tryPassword(token: string, password: string): Promise<"open" | keyof typeof words> {
  try {
    const response = await fetch(`/api/v1/shares/${token}/unlock`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ password }),
    });
    if (response.ok) return "open";
    return response.status === 404 || response.status === 400
      ? "wrong"
      : response.status === 429
        ? "limited"
        : "offline";
  } catch {
    return "offline";
  }
}
