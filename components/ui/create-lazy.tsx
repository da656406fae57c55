"use client";

import { useEffect, useState, type ComponentType } from "react";

interface LazyOptions<Props> {
  load: () => Promise<ComponentType<Props>>;
  /** Stands there until the code has come, and on the server. */
  Waiting?: ComponentType<Props>;
}

/**
 * A component whose code comes when it is first drawn. When it does not come it says so and offers to try again, in its
 * own place.
 */
export function createLazy<Props extends object>({
  load,
  Waiting = WaitingLine,
}: LazyOptions<Props>): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;

  return function Lazy(props: Props) {
    const [Content, setContent] = useState(() => loaded);
    const [attempt, setAttempt] = useState(1);
    const [failedAttempt, setFailedAttempt] = useState(0);
    useEffect(() => {
      if (Content !== null) return;
      let isGone = false;
      const receive = (component: ComponentType<Props>) => {
        loaded = component;
        if (!isGone) setContent(() => component);
      };
      load().then(receive, () => !isGone && setFailedAttempt(attempt));
      return () => {
        isGone = true;
      };
    }, [Content, attempt]);
    if (Content !== null) return <Content {...props} />;
    if (failedAttempt < attempt) return <Waiting {...props} />;
    return (
      <p className="text-meta text-danger">
        This could not be loaded.{" "}
        <button
          type="button"
          className="rounded font-medium underline underline-offset-2"
          onClick={() => setAttempt(attempt + 1)}
        >
          Try again
        </button>
      </p>
    );
  };
}

function WaitingLine() {
  return (
    <p data-waiting className="text-meta text-faint">
      Loading …
    </p>
  );
}
