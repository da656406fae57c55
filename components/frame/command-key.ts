/** How the key that is held for commands is called, by the platform that the browser tells. */
export const commandKey = (platform: string): "⌘" | "Ctrl" =>
  /^(?:Mac|iP)/.test(platform) ? "⌘" : "Ctrl";
