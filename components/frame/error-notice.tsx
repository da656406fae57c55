import { Button } from "#components/ui/button.tsx";
import { NoticePage } from "./notice-page.tsx";

interface ErrorNoticeProps {
  /** Finds the error in the server's log. */
  digest: string | undefined;
  onRetry: () => void;
}

/** For a page that could not be drawn. Sessions do not depend on it. */
export function ErrorNotice({ digest, onRetry }: ErrorNoticeProps) {
  return (
    <NoticePage
      hasWordmark
      title="This page could not be drawn"
      actions={
        <>
          <Button look="primary" onClick={onRetry}>
            Try again
          </Button>
          {/* A full load, because the page's own state may be what is broken. */}
          <Button onClick={() => location.assign("/")}>New session</Button>
        </>
      }
    >
      <p>
        Sessions go on without it, and nothing that was stored is lost. The server&rsquo;s log has
        the cause.
      </p>
      {digest !== undefined && (
        <p className="text-label">
          Reference <code className="font-mono text-code">{digest}</code>
        </p>
      )}
    </NoticePage>
  );
}
