"use client";

import {
  Archive,
  ArchiveRestore,
  Ellipsis,
  Link2,
  Pencil,
  Pin,
  PinOff,
  SquareCheck,
  Trash2,
  Undo2,
} from "lucide-react";
import type { Filing } from "#lib/shelf.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { IconButton } from "#components/ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "#components/ui/menu.tsx";
import type { SessionSummary } from "./session-summary.ts";

interface SessionRowMenuProps {
  session: SessionSummary;
  onFile: (filing: Filing) => void;
  onRename: () => void;
  onSelect: () => void;
}

/** What can be done with a session of a list. */
export function SessionRowMenu({ session, onFile, onRename, onSelect }: SessionRowMenuProps) {
  const { sessionId, title, shelf, isPinned } = session;
  const copyLink = () =>
    void navigator.clipboard.writeText(`${location.origin}/sessions/${sessionId}`);
  return (
    <Menu
      trigger={
        <IconButton label={`Menu of ${visibleText(title)}`}>
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      <MenuItem onSelect={onSelect}>
        <SquareCheck aria-hidden /> Select
      </MenuItem>
      <MenuItem onSelect={copyLink}>
        <Link2 aria-hidden /> Copy link
      </MenuItem>
      <MenuSeparator />
      {shelf === "trash" ? (
        <>
          <MenuItem onSelect={() => onFile("restore")}>
            <Undo2 aria-hidden /> Restore
          </MenuItem>
          <MenuItem isDangerous onSelect={() => onFile("delete")}>
            <Trash2 aria-hidden /> Delete for good …
          </MenuItem>
        </>
      ) : (
        <>
          <MenuItem onSelect={onRename}>
            <Pencil aria-hidden /> Rename …
          </MenuItem>
          <MenuItem onSelect={() => onFile(isPinned ? "unpin" : "pin")}>
            {isPinned ? <PinOff aria-hidden /> : <Pin aria-hidden />} {isPinned ? "Unpin" : "Pin"}
          </MenuItem>
          <MenuItem onSelect={() => onFile(shelf === "archive" ? "unarchive" : "archive")}>
            {shelf === "archive" ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
            {shelf === "archive" ? "Take out of the archive" : "Archive"}
          </MenuItem>
          <MenuItem isDangerous onSelect={() => onFile("trash")}>
            <Trash2 aria-hidden /> Move to the trash
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
