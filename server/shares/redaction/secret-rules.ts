/** Grows with every change of the rules: what was looked through with older ones is looked through again. */
export const SECRET_RULES_VERSION = 2;

/** One kind of secret, known by the form that its issuer gives it. */
export interface SecretRule {
  /** As stored. */
  name: string;
  /** As shown: "GitHub token". */
  label: string;
  /** Source of a regular expression without captures. Bounded in length, and linear in time. */
  pattern: string;
}

/** Letters and digits of base64url. */
const W = "[A-Za-z0-9_-]";

/**
 * Tokens with a prefix of their own, after the public documentation of their issuers: what has the form is a secret.
 * Only the first rule that matches at a place counts.
 */
export const definiteRules: readonly SecretRule[] = [
  { name: "github", label: "GitHub token", pattern: `gh[pousr]_[A-Za-z0-9]{36,255}` },
  { name: "github-fine", label: "GitHub token", pattern: `github_pat_[A-Za-z0-9_]{36,255}` },
  {
    name: "gitlab",
    label: "GitLab token",
    pattern: `gl(?:pat|dt|rt|soat|ptt|ft|imt|agent|oas|cbt|ffct)-${W}{20,300}`,
  },
  { name: "aws-key-id", label: "AWS key id", pattern: `A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}` },
  { name: "google-api", label: "Google API key", pattern: `AIza${W}{35}` },
  {
    name: "google-oauth",
    label: "Google secret",
    pattern: `(?:GOCSPX-${W}{28}|ya29\\.${W}{20,1024})`,
  },
  { name: "anthropic", label: "Anthropic key", pattern: `sk-ant-${W}{20,300}` },
  { name: "openrouter", label: "OpenRouter key", pattern: `sk-or-(?:v1-)?${W}{32,128}` },
  {
    name: "openai",
    label: "OpenAI key",
    pattern: `sk-(?:(?:proj|svcacct|admin|None)-${W}{20,300}|[A-Za-z0-9]{32,64})`,
  },
  { name: "groq", label: "Groq key", pattern: `gsk_[A-Za-z0-9]{40,128}` },
  { name: "xai", label: "xAI key", pattern: `xai-[A-Za-z0-9]{60,128}` },
  { name: "hugging-face", label: "Hugging Face token", pattern: `hf_[A-Za-z0-9]{30,128}` },
  { name: "replicate", label: "Replicate token", pattern: `r8_[A-Za-z0-9]{37}` },
  { name: "perplexity", label: "Perplexity key", pattern: `pplx-[A-Za-z0-9]{40,128}` },
  {
    name: "slack",
    label: "Slack token",
    pattern: `(?:xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\\d-[A-Za-z0-9-]{10,250})`,
  },
  {
    name: "slack-webhook",
    label: "Slack webhook",
    pattern: `https://hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{30,200}`,
  },
  {
    name: "discord-webhook",
    label: "Discord webhook",
    pattern: `https://(?:canary\\.|ptb\\.)?discord(?:app)?\\.com/api/webhooks/\\d{15,22}/${W}{40,100}`,
  },
  { name: "discord", label: "Discord token", pattern: `[MNO]${W}{22,27}\\.${W}{6}\\.${W}{27,45}` },
  { name: "telegram", label: "Telegram token", pattern: `\\d{8,10}:AA${W}{32,34}` },
  {
    name: "stripe",
    label: "Stripe key",
    pattern: `(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,247}|whsec_[A-Za-z0-9+/=]{32,128})`,
  },
  { name: "square", label: "Square token", pattern: `(?:sq0(?:atp|csp)-${W}{22,60}|EAAA${W}{60})` },
  { name: "shopify", label: "Shopify token", pattern: `shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}` },
  { name: "sendgrid", label: "SendGrid key", pattern: `SG\\.${W}{16,32}\\.${W}{30,64}` },
  { name: "mailgun", label: "Mailgun key", pattern: `key-[0-9a-f]{32}` },
  { name: "npm", label: "npm token", pattern: `npm_[A-Za-z0-9]{36}` },
  { name: "pypi", label: "PyPI token", pattern: `pypi-AgE${W}{50,500}` },
  { name: "rubygems", label: "RubyGems key", pattern: `rubygems_[0-9a-f]{48}` },
  { name: "docker", label: "Docker token", pattern: `dckr_(?:pat|oat)_${W}{20,100}` },
  { name: "digitalocean", label: "DigitalOcean token", pattern: `do[opr]_v1_[0-9a-f]{64}` },
  { name: "heroku", label: "Heroku key", pattern: `HRKU-${W}{36,100}` },
  { name: "fly", label: "Fly.io token", pattern: `fm[12][a-z]?_[A-Za-z0-9+/=_-]{40,1024}` },
  {
    name: "supabase",
    label: "Supabase key",
    pattern: `(?:sbp_[0-9a-f]{40}|sb_secret_${W}{20,100})`,
  },
  {
    name: "planetscale",
    label: "PlanetScale secret",
    pattern: `pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,100}`,
  },
  { name: "databricks", label: "Databricks token", pattern: `dapi[0-9a-f]{32}(?:-\\d)?` },
  {
    name: "doppler",
    label: "Doppler token",
    pattern: `dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9._-]{40,100}`,
  },
  { name: "linear", label: "Linear token", pattern: `lin_(?:api|oauth)_[A-Za-z0-9]{32,80}` },
  {
    name: "notion",
    label: "Notion token",
    pattern: `(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,60})`,
  },
  { name: "atlassian", label: "Atlassian token", pattern: `ATATT3[A-Za-z0-9_=-]{100,300}` },
  { name: "airtable", label: "Airtable token", pattern: `pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}` },
  { name: "figma", label: "Figma token", pattern: `figd_${W}{40,100}` },
  { name: "postman", label: "Postman key", pattern: `PMAK-[0-9a-f]{24}-[0-9a-f]{34}` },
  { name: "new-relic", label: "New Relic key", pattern: `NRAK-[A-Z0-9]{27}` },
  { name: "grafana", label: "Grafana token", pattern: `gl(?:c|sa)_[A-Za-z0-9+/=_]{32,500}` },
  { name: "sentry", label: "Sentry token", pattern: `sntr(?:ys|yu)_[A-Za-z0-9+/=_-]{40,500}` },
  { name: "vault", label: "Vault token", pattern: `hv[sbr]\\.${W}{24,300}` },
  {
    name: "terraform",
    label: "Terraform token",
    pattern: `[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,100}`,
  },
  { name: "age", label: "age key", pattern: `AGE-SECRET-KEY-1[0-9A-Z]{58}` },
  { name: "millrace", label: "Millrace token", pattern: `mrt_[0-9A-Za-z]{49}` },
  {
    name: "jwt",
    label: "JSON Web Token",
    pattern: `eyJ${W}{10,2048}\\.eyJ${W}{10,4096}\\.${W}{10,1024}`,
  },
];

/** A secret that is known by what stands before it: only the group `value` is one. */
export interface ContextRule {
  name: string;
  label: string;
  pattern: RegExp;
  /** Its form leaves no doubt. */
  isDefinite: boolean;
}

const SECRET_NAME = `(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|credentials?)`;

/** A name whose value is likely a secret: `DB_PASSWORD`, `apiKey`, `client_secret`. */
export const secretName = new RegExp(`(?:^|[^a-z]|[a-z](?=[A-Z]))${SECRET_NAME}s?$`, "i");

/** Found by code: its form has several lines (`findPrivateKeys`). */
export const privateKeyRule = { name: "private-key", label: "Private key" };

export const contextRules: readonly ContextRule[] = [
  {
    name: "aws-secret",
    label: "AWS secret key",
    isDefinite: true,
    pattern:
      /aws_?(?:secret)?_?(?:access)?_?key["']?\s{0,3}[:=]\s{0,3}["']?(?<value>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])/gi,
  },
  {
    name: "azure-storage",
    label: "Azure storage key",
    isDefinite: true,
    pattern: /AccountKey=(?<value>[A-Za-z0-9+/]{80,90}={0,2})/gi,
  },
  {
    name: "url-password",
    label: "Password in an address",
    isDefinite: true,
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@'"<>]{0,256}:(?<value>[^\s/@'"<>]{3,256})@/gi,
  },
  {
    name: "authorization",
    label: "Authorization header",
    isDefinite: true,
    pattern:
      /\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?(?:bearer|basic|token)\s{1,3}(?<value>[\w.~+/=-]{12,2048})/gi,
  },
  {
    name: "key-header",
    label: "Key in a header",
    isDefinite: true,
    pattern:
      /\b(?:x-api-key|x-auth-token|private-token|x-goog-api-key)["']?\s{0,3}[:=]\s{0,3}["']?(?<value>[\w.~+/=-]{12,2048})/gi,
  },
  {
    name: "assignment",
    label: "Possible secret",
    isDefinite: false,
    pattern: new RegExp(
      `(?<![A-Za-z0-9])[\\w.-]{0,64}?${SECRET_NAME}s?["']?\\s{0,3}(?:=>|:=|[:=])\\s{0,3}["'\`]?(?<value>[^\\s"'\`,;&<>(){}\\[\\]]{8,256})`,
      "gi",
    ),
  },
  {
    name: "random",
    label: "Random text",
    isDefinite: false,
    pattern: /(?<![\w+/=-])(?<value>[A-Za-z0-9_+-]{32,256}={0,2})(?![\w+/=-])/g,
  },
];
