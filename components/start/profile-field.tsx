import { useId } from "react";
import { Field } from "#components/ui/field.tsx";
import type { ProfileOffer } from "./find-profile.ts";

interface ProfileFieldProps {
  offer: ProfileOffer;
  /** Name of the chosen one; empty for the repository's default, null for none. */
  profile: string | null;
  onChange: (profile: string | null) => void;
  error: string | null;
}

const USUAL = "usual";
const NONE = "none";
/** Names may be words of ours, too. */
const NAMED = "named:";

/** Chooses the environment; renders nothing where the team has none. */
export function ProfileField({ offer, profile, onChange, error }: ProfileFieldProps) {
  const id = useId();
  const { offered, usual } = offer;
  const isUnknown =
    profile !== null && profile !== "" && !offered.some((it) => it.name === profile);
  if (offered.length === 0 && profile === "" && error === null) return null;
  return (
    <Field
      label="Environment"
      controlId={id}
      error={error}
      hint="Variables, secrets, setup and tools that the team keeps for its repositories."
    >
      <select
        id={id}
        aria-describedby={`${id}-note`}
        aria-invalid={error !== null}
        value={profile === null ? NONE : profile === "" ? USUAL : NAMED + profile}
        onChange={({ target: { value } }) =>
          onChange(value === NONE ? null : value === USUAL ? "" : value.slice(NAMED.length))
        }
        className="field h-9 px-2 text-label pointer-coarse:h-11"
      >
        <option value={USUAL}>The repository’s default: {usual?.name ?? "none"}</option>
        <option value={NONE}>None</option>
        {isUnknown && <option value={NAMED + profile}>{profile}</option>}
        {offered.map(({ name }) => (
          <option key={name} value={NAMED + name}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}
