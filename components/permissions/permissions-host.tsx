"use client";

import { useAtom } from "jotai";
import dynamic from "next/dynamic";
import { isPermissionsOpenAtom } from "./permissions-atoms.ts";

const PermissionsDialog = dynamic(
  async () => (await import("./permissions-dialog.tsx")).PermissionsDialog,
  { ssr: false },
);

/** The dialog while it is open; loaded when first asked for. */
export function PermissionsHost() {
  const [isOpen, setIsOpen] = useAtom(isPermissionsOpenAtom);
  if (!isOpen) return null;
  return <PermissionsDialog onClose={() => setIsOpen(false)} />;
}
