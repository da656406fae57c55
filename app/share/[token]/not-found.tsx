import type { Metadata } from "next";
import { LockedShare } from "#components/shares/locked-share.tsx";

export const metadata: Metadata = { title: "Shared session" };

export default function ShareNotFound() {
  return <LockedShare />;
}
