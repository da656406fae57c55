import type { Metadata } from "next";
import { NotFoundNotice } from "#components/frame/not-found-notice.tsx";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <NotFoundNotice title="There is nothing here">
      <p>No page has this address. It may be mistyped, or cut when it was copied.</p>
    </NotFoundNotice>
  );
}
