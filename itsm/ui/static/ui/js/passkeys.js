/* Browsers keep passkeys for names, never for addresses such as 127.0.0.1: a button that can only fail is not shown. */
import { $ } from "./dom.js";

const address = /^[\d.]+$|:/.test(location.hostname.replace(/[[\]]/g, ""));
const button = $("#passkey_login");
if (button && (address || !window.PublicKeyCredential)) button.hidden = true;
