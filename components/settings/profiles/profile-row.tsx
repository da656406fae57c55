import { TriangleAlert } from "lucide-react";
import { formatCount } from "#components/format/format-count.ts";
import { Button } from "#components/ui/button.tsx";
import { showPattern } from "./profile-draft.ts";
import type { ProfileSummary } from "./profile-summary.ts";

interface ProfileRowProps {
  profile: ProfileSummary;
  agentLabels: Readonly<Record<string, string>>;
  onEdit: () => void;
  onDelete: () => void;
}

/** One environment: whom it is for and what it brings. */
export function ProfileRow({ profile, agentLabels, onEdit, onDelete }: ProfileRowProps) {
  const { name, repository, isDefault, settings, secrets, missing } = profile;
  const variableCount = Object.keys(settings.variables).length;
  const parts = [
    settings.agent !== null && (agentLabels[settings.agent] ?? settings.agent),
    settings.model,
    variableCount > 0 && formatCount(variableCount, "variable"),
    secrets.length > 0 && formatCount(secrets.length, "secret"),
    settings.setupCommands.length > 0 &&
      formatCount(settings.setupCommands.length, "setup command"),
    settings.mcpServers.length > 0 && formatCount(settings.mcpServers.length, "MCP server"),
  ].filter((part) => typeof part === "string");
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span className="min-w-0 font-medium break-words">{name}</span>
          <span className="min-w-0 text-meta break-all text-soft">
            {repository === "" ? "All repositories" : showPattern(repository)}
            {isDefault && " · default"}
          </span>
        </p>
        {parts.length > 0 && <p className="text-meta text-faint">{parts.join(" · ")}</p>}
        {missing.length > 0 && (
          <p className="flex items-center gap-1.5 text-meta text-warning">
            <TriangleAlert aria-hidden className="size-3.5" />
            Lacks {missing.map((each) => each.name).join(", ")}
          </p>
        )}
      </div>
      <Button isSmall aria-label={`Edit ${name}`} onClick={onEdit}>
        Edit
      </Button>
      <Button isSmall aria-label={`Delete ${name}`} onClick={onDelete}>
        Delete
      </Button>
    </div>
  );
}
