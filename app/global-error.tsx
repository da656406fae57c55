"use client";

import { ErrorNotice } from "#components/frame/error-notice.tsx";
import "./globals.css";

export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <ErrorNotice digest={error.digest} />
      </body>
    </html>
  );
}
