import {
  Brain,
  FileMinus,
  FilePen,
  FilePlus,
  FileSymlink,
  FileText,
  FolderTree,
  Globe,
  ListTodo,
  Search,
  SquareTerminal,
  Users,
  Wrench,
} from "lucide-react";
import type { ToolAction } from "./tool-action.ts";

export const toolIcons = {
  execute: SquareTerminal,
  read: FileText,
  write: FilePlus,
  edit: FilePen,
  delete: FileMinus,
  move: FileSymlink,
  search: Search,
  list: FolderTree,
  fetch: Globe,
  delegate: Users,
  todo: ListTodo,
  think: Brain,
  other: Wrench,
} as const satisfies Record<ToolAction, unknown>;
