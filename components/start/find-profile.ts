import { findDefaultProfile, isForRepository, type ProfileChoice } from "#lib/profile.ts";
import { parseRepository } from "#lib/repository.ts";
import type { StartDraft } from "./start-draft.ts";

/** An environment as the start form offers it. */
export interface OfferedProfile extends ProfileChoice {
  agent: string | null;
}

/** What can be chosen for the repository, and what a start gets as things are. */
export interface ProfileOffer {
  /** Those that are for the repository; all while it cannot be read. */
  offered: readonly OfferedProfile[];
  /** What is taken unless somebody chooses; null for none. */
  usual: OfferedProfile | null;
  taken: OfferedProfile | null;
}

export function findProfile(
  profiles: readonly OfferedProfile[],
  { repository, profile }: Pick<StartDraft, "repository" | "profile">,
): ProfileOffer {
  const key = readKey(repository);
  const offered = key === null ? profiles : profiles.filter((each) => isForRepository(each, key));
  const usual = key === null ? null : findDefaultProfile(profiles, key);
  const taken = profile === "" ? usual : (offered.find(({ name }) => name === profile) ?? null);
  return { offered, usual, taken };
}

/** Null while what is typed is no repository. Whether its host is allowed is for the server to say. */
function readKey(text: string): string | null {
  const host = /^https?:\/\/([^/?#]+)/i.exec(text.trim())?.[1];
  try {
    const allowedPrivateHosts = host === undefined ? [] : [host];
    return parseRepository(text, { allowLocalPaths: true, allowedPrivateHosts }).key;
  } catch {
    // Half typed; the server says what is wrong with the whole.
    return null;
  }
}
