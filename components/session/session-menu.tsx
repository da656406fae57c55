"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue, useSetAtom } from "jotai";
import {
  Cpu,
  Download,
  Ellipsis,
  FileDiff,
  FilePlus,
  Hand,
  Hash,
  Layers,
  Link2,
  Pencil,
  Share2,
  ShieldQuestionMark,
  Trash2,
} from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { openChangesAtom } from "#components/changes/changes-atoms.ts";
import { isExportingAtom } from "#components/export/export-atoms.ts";
import { ExportHost } from "#components/export/export-host.tsx";
import { useIngestPanel } from "#components/ingest/use-ingest-panel.ts";
import { openResourcesAtom } from "#components/resources/resource-atoms.ts";
import { isPermissionsOpenAtom } from "#components/permissions/permissions-atoms.ts";
import { PermissionsHost } from "#components/permissions/permissions-host.tsx";
import { isSharingAtom } from "#components/shares/share-atoms.ts";
import { ShareHost } from "#components/shares/share-host.tsx";
import { IconButton } from "#components/ui/button.tsx";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { Menu, MenuItem, MenuSeparator } from "#components/ui/menu.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { FilingItems } from "./filing-items.tsx";
import { canStopAtom, isRenamingAtom, isStoppingAtom, sessionStateAtom } from "./session-atoms.ts";
import { useInterrupt } from "./use-interrupt.ts";

/** What can be done with a session as a whole. */
export function SessionMenu() {
  const { sessionId, hasWorkspace } = useAtomValue(sessionStateAtom);
  const setIsPermissionsOpen = useSetAtom(isPermissionsOpenAtom);
  const openChanges = useSetAtom(openChangesAtom);
  const openResources = useSetAtom(openResourcesAtom);
  const setIsRenaming = useSetAtom(isRenamingAtom);
  const setIsSharing = useSetAtom(isSharingAtom);
  const setIsExporting = useSetAtom(isExportingAtom);
  const [isDeleting, setIsDeleting] = useState(false);
  const router = useRouter();
  const { open } = useIngestPanel();
  const { interrupt } = useInterrupt();
  const isStopping = useAtomValue(isStoppingAtom);
  const canStop = useAtomValue(canStopAtom);
  return (
    <>
      <Menu
        trigger={
          <IconButton label="Session menu" className="-mr-2">
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => setIsRenaming(true)}>
          <Pencil aria-hidden /> Rename
        </MenuItem>
        <MenuItem onSelect={() => setIsSharing(true)}>
          <Share2 aria-hidden /> Share …
        </MenuItem>
        <MenuItem onSelect={() => setIsExporting(true)}>
          <Download aria-hidden /> Export …
        </MenuItem>
        <MenuItem
          onSelect={() => void navigator.clipboard.writeText(location.href.split("#")[0] ?? "")}
        >
          <Link2 aria-hidden /> Copy link
        </MenuItem>
        <MenuItem onSelect={() => void navigator.clipboard.writeText(sessionId)}>
          <Hash aria-hidden /> Copy session id
        </MenuItem>
        <MenuSeparator />
        <MenuItem onSelect={() => open("uploads")}>
          <Layers aria-hidden /> Uploads and coverage
        </MenuItem>
        {hasWorkspace && (
          <MenuItem onSelect={openChanges}>
            <FileDiff aria-hidden /> Files changed
          </MenuItem>
        )}
        {hasWorkspace && (
          <MenuItem onSelect={openResources}>
            <Cpu aria-hidden /> Processes and resources
          </MenuItem>
        )}
        <MenuItem onSelect={() => router.push(`/upload?session=${sessionId}`)}>
          <FilePlus aria-hidden /> Add a file …
        </MenuItem>
        {hasWorkspace && (
          <MenuItem onSelect={() => setIsPermissionsOpen(true)}>
            <ShieldQuestionMark aria-hidden /> Permissions …
          </MenuItem>
        )}
        <MenuSeparator />
        <FilingItems />
        <MenuSeparator />
        <MenuItem isDisabled={!canStop || isStopping} onSelect={interrupt}>
          <Hand aria-hidden /> Interrupt the agent
        </MenuItem>
        <MenuItem isDangerous onSelect={() => setIsDeleting(true)}>
          <Trash2 aria-hidden /> Delete for good …
        </MenuItem>
      </Menu>
      <ShareHost />
      <ExportHost />
      <PermissionsHost />
      {isDeleting && <DeleteDialog onClose={() => setIsDeleting(false)} />}
    </>
  );
}

function DeleteDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { sessionId, title } = useAtomValue(sessionStateAtom);
  const remove = useMutation(
    trpc.session.delete.mutationOptions({ onSuccess: () => router.push("/sessions") }),
  );
  return (
    <ConfirmDialog
      title="Delete this session?"
      action="Delete"
      mutation={remove}
      onConfirm={() => remove.mutate({ sessionId })}
      onClose={onClose}
    >
      “{visibleText(title)}”, its transcript and its workspace are removed for good. An agent that
      is at work is stopped.
    </ConfirmDialog>
  );
}
