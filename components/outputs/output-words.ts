import {
  Check,
  File,
  FileText,
  Film,
  Image,
  LoaderCircle,
  Music,
  Table2,
  Braces,
  BookText,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import type { OutputState } from "#lib/output.ts";
import type { OutputKind } from "#lib/output-kind.ts";

/** As the filter names them. */
export const kindWords: Record<OutputKind, string> = {
  picture: "Pictures",
  text: "Text",
  json: "JSON",
  table: "Tables",
  sound: "Sound",
  video: "Video",
  pdf: "PDF",
  other: "Other files",
};

export const kindIcons: Record<OutputKind, LucideIcon> = {
  picture: Image,
  text: FileText,
  json: Braces,
  table: Table2,
  sound: Music,
  video: Film,
  pdf: BookText,
  other: File,
};

interface StateLook {
  icon: LucideIcon;
  word: string;
  colour: string;
  isTurning?: boolean;
}

export const stateLooks: Record<OutputState, StateLook> = {
  writing: {
    icon: LoaderCircle,
    word: "Being written",
    colour: "text-running",
    isTurning: true,
  },
  complete: { icon: Check, word: "Complete", colour: "text-faint" },
  incomplete: { icon: TriangleAlert, word: "Incomplete", colour: "text-warning" },
};
