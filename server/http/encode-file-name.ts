/** For `filename*` (RFC 8187, section 3.2.1): a few characters more than `encodeURIComponent` knows of. */
export const encodeFileName = (name: string) =>
  encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
