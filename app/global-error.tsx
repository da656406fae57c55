"use client";

import { ErrorNotice } from "#components/frame/error-notice.tsx";
import "./globals.css";

export default function GlobalError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <html lang="en">
      <body>
        <ErrorNotice digest={error.digest} onRetry={reset} />
      </body>
    </html>
  );
}
