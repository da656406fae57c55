import { UNAVAILABLE_DIGEST } from "#lib/error-digest.ts";
import { Button } from "#components/ui/button.tsx";
import { NoticePage } from "./notice-page.tsx";

interface ErrorNoticeProps {
  /** Finds the error in the server's log, or is `unavailable`. */
  digest: string | undefined;
}

/** For a page that could not be drawn. Sessions do not depend on it. */
export function ErrorNotice({ digest }: ErrorNoticeProps) {
  const isUnavailable = digest === UNAVAILABLE_DIGEST;
  return (
    <NoticePage
      hasWordmark
      title={
        isUnavailable
          ? "The server cannot reach its database right now"
          : "This page could not be drawn"
      }
      actions={
        <>
          {/* Full loads, because the page's own state, or what the server rendered, is what is broken. */}
          <Button look="primary" onClick={() => location.reload()}>
            Try again
          </Button>
          <Button onClick={() => location.assign("/")}>New session</Button>
        </>
      }
    >
      <p>
        {isUnavailable
          ? "Nothing that was stored is lost, and sessions go on once it is back. That may take a moment."
          : "Sessions go on without it, and nothing that was stored is lost. The server’s log has the cause."}
      </p>
      {digest !== undefined && !isUnavailable && (
        <p className="text-label">
          Reference <code className="font-mono text-code">{digest}</code>
        </p>
      )}
    </NoticePage>
  );
}
