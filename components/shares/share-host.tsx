"use client";

import { useAtom } from "jotai";
import dynamic from "next/dynamic";
import { usePageKey } from "#components/frame/use-page-key.ts";
import { isSharingAtom } from "./share-atoms.ts";

const ShareDialog = dynamic(async () => (await import("./share-dialog.tsx")).ShareDialog, {
  ssr: false,
});

/** The dialog while it is open, and its key; loaded when first asked for. */
export function ShareHost() {
  const [isSharing, setIsSharing] = useAtom(isSharingAtom);
  usePageKey("s", () => setIsSharing(true));
  if (!isSharing) return null;
  return <ShareDialog onClose={() => setIsSharing(false)} />;
}
