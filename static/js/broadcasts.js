// Writing to many: moments in one's own time. Without this file it is a form.

import { inOwnTime } from "./moments.js";

inOwnTime(document.getElementById("broadcast"));
