// Files go one by one, each with its progress; without this script the form sends all of them at once.

const form = document.querySelector("form[data-upload]");
const input = form?.querySelector("input[type=file]");
const zone = form?.querySelector(".upload-zone");
const list = form?.querySelector("[data-outcomes]");

if (form && input && zone && list) {
  const made = [];
  const said = form.dataset;

  // The whole page takes what is dropped, so that a miss by an inch does not open the picture instead.
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });

  const line = (file) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.className = "upload-name";
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `${file.name} ${said.saidSending}`);
    item.append(name, bar);
    list.append(item);
    return { item, bar };
  };

  const finish = ({ item, bar }, outcome) => {
    bar.remove();
    item.className = outcome.made ? "made" : "refused";
    item.append(` ${outcome.made ? said.saidMade : outcome.error} `);
    if (outcome.url) {
      const link = document.createElement("a");
      link.href = outcome.url;
      link.textContent = outcome.title;
      item.append(link);
    }
    if (outcome.made) made.push(outcome.id);
  };

  const send = (file, shown) =>
    new Promise((resolve) => {
      const data = new FormData(form);
      data.set("files", file);
      const request = new XMLHttpRequest();
      request.open("POST", form.action || location.href);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) shown.bar.value = event.loaded / event.total;
      });
      request.addEventListener("loadend", () => {
        const failed = { made: false, error: said.saidFailed };
        finish(shown, request.status === 200 ? (request.response?.files?.[0] ?? failed) : failed);
        resolve();
      });
      request.send(data);
    });

  form.addEventListener("submit", async (event) => {
    const files = [...input.files];
    if (!files.length) return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    list.querySelector("[data-done]")?.remove();
    const lines = files.map(line);
    for (const [index, file] of files.entries()) await send(file, lines[index]);
    input.value = "";
    button.disabled = false;
    const done = document.createElement("li");
    done.dataset.done = "";
    done.append(`${said.saidDone} `);
    if (made.length && said.describe) {
      const link = document.createElement("a");
      link.href = `${said.describe}?ids=${made.join(",")}`;
      link.textContent = said.saidDescribe;
      done.append(link);
    }
    list.append(done);
    done.querySelector("a")?.focus();
  });
}
