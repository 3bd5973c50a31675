// The button that schedules names the moment in its field as that is typed. Without this script it says only
// that it schedules, and the message afterwards names the moment.

const language = document.documentElement.lang.startsWith("zh") ? "zh-Hans" : "en-GB";
const inWords = new Intl.DateTimeFormat(language, {
  day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Asia/Shanghai",
});

// "2027-03-03T09:00", as it is typed, is Beijing time.
function moment(value) {
  const typed = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d/.exec(value)?.[0];
  const time = Date.parse(`${typed}+08:00`);
  return time > Date.now() ? time : null;
}

function said(time) {
  const part = Object.fromEntries(inWords.formatToParts(time).map(({ type, value }) => [type, value]));
  const clock = `${part.hour}:${part.minute}`;
  if (language === "en-GB") return `${part.day} ${part.month} ${part.year}, ${clock}`;
  return `${part.year}年${Number.parseInt(part.month, 10)}月${part.day}日 ${clock}`;
}

for (const button of document.querySelectorAll("button[data-dated]")) {
  const field = button.closest(".desk-move").querySelector("input[type=datetime-local]");
  const general = button.textContent;
  const follow = () => {
    const time = moment(field.value);
    button.textContent = time ? button.dataset.dated.replace("%s", said(time)) : general;
  };
  field?.addEventListener("input", follow);
  if (field) follow();
}
