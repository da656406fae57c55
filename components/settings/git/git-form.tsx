"use client";

import { useState } from "react";
import { Choice } from "#components/shares/choice.tsx";
import { GitAppForm } from "./git-app-form.tsx";
import { GitTokenForm } from "./git-token-form.tsx";

export interface GitFormProps {
  onSet: (host: string) => void;
  onCancel: () => void;
}

/** Takes what a git server knows the team by; what is there already for the host is replaced. */
export function GitForm(props: GitFormProps) {
  const [isApp, setIsApp] = useState(false);
  return (
    <div className="flex flex-col gap-4 rounded border border-line bg-surface p-4">
      <fieldset className="flex flex-col sm:flex-row sm:gap-8">
        <legend className="sr-only">Kind of credential</legend>
        <Choice
          type="radio"
          name="git-credential-kind"
          label="Token"
          meaning="Of any git server."
          isChosen={!isApp}
          onChange={() => setIsApp(false)}
        />
        <Choice
          type="radio"
          name="git-credential-kind"
          label="GitHub App"
          meaning="Its installation gives tokens for an hour each."
          isChosen={isApp}
          onChange={() => setIsApp(true)}
        />
      </fieldset>
      {isApp ? <GitAppForm {...props} /> : <GitTokenForm {...props} />}
    </div>
  );
}
