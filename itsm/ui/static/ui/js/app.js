/* Behaviour shared by all pages. No framework: everything works on markup the server rendered, and
   because all listeners sit on the document, what htmx swaps in needs no binding. */
import "./theme.js";
import "./menus.js";
import "./forms.js";
import "./drafts.js";
import "./clocks.js";
import "./live.js";
import "./list.js";
import "./palette.js";
import "./keys.js";
import "./toasts.js";
import "./copy.js";
import "./boards.js";
import "./passkeys.js";
