"use client";

import { useState } from "react";
import { Choice } from "#components/shares/choice.tsx";
import { GitAppForm } from "./git-app-form.tsx";
import { GitTokenForm } from "./git-token-form.tsx";

export interface GitFormProps {
  onSet: (host: string) => void;
  onCancel: () => void;
  /** The first field has the focus; not where the kind was changed, which keeps it. */
  hasFocus: boolean;
}

/** Takes what a git server knows the team by; what is there already for the host is replaced. */
export function GitForm(props: Omit<GitFormProps, "hasFocus">) {
  const [isApp, setIsApp] = useState(false);
  const [hasFocus, setHasFocus] = useState(true);
  const choose = (isAppChosen: boolean) => {
    setHasFocus(false);
    setIsApp(isAppChosen);
  };
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
          onChange={() => choose(false)}
        />
        <Choice
          type="radio"
          name="git-credential-kind"
          label="GitHub App"
          meaning="Its installation gives tokens for an hour each."
          isChosen={isApp}
          onChange={() => choose(true)}
        />
      </fieldset>
      {isApp ? (
        <GitAppForm {...props} hasFocus={hasFocus} />
      ) : (
        <GitTokenForm {...props} hasFocus={hasFocus} />
      )}
    </div>
  );
}
