"use client";

import { ErrorNotice } from "#components/frame/error-notice.tsx";

export default function PageError({ error }: { error: Error & { digest?: string } }) {
  return <ErrorNotice digest={error.digest} />;
}
