// Resolves every pipeline named on standard input with gitlab-ci-local's own code, all in this one process.
//
// Input:  {"program": path of gitlab-ci-local's bundle, "scratch": a folder to write in,
//          "pipelines": [{"folder": ..., "file": ...}]}
// Output: [{"resolved": {...}} or {"rejected": "why"}], in the order of the input.
//
// The bundle is a command line program that starts itself when it is loaded. It is loaded here with four changes: it
// does not start; its entry is exported; the preview comes as JSON, so that no second YAML reader has a say; and where
// it would run git (for names that a preview does not show, and for the list of files) it runs nothing.
import {mkdirSync, readdirSync, readFileSync, realpathSync} from "node:fs";
import {registerHooks} from "node:module";
import {Socket} from "node:net";
import path from "node:path";
import {pathToFileURL} from "node:url";

const request = JSON.parse(readFileSync(0, "utf8"));
const program = pathToFileURL(realpathSync(request.program)).href;

Socket.prototype.connect = function () {
    process.nextTick(() => this.destroy(new Error("the judges never use the network")));
    return this;
};

function filesBelow (folder) {
    const entries = readdirSync(folder, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile());
    const paths = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
    return paths.filter((file) => !file.startsWith(`.git${path.sep}`)).sort();
}

globalThis.answerForProgram = async (command, folder) => {
    if (command === "git ls-files --deduplicate") return {exitCode: 0, stdout: filesBelow(folder).join("\n")};
    throw new Error(`the judges run no program, and this asks for: ${[command].flat().join(" ")}`);
};

function replaceOnce (text, pattern, replacement) {
    const found = [...text.matchAll(pattern)];
    if (found.length !== 1) throw new Error(`this gitlab-ci-local is not the one that is pinned: ${pattern} is there ${found.length} times`);
    return text.replace(pattern, replacement);
}

registerHooks({
    load (url, context, nextLoad) {
        const loaded = nextLoad(url, context);
        if (url !== program) return loaded;
        const text = loaded.source.toString();
        const [, entry] = /await ([\w$]+)\([\w$]+,new [\w$]+,[\w$]+\);let [\w$]+=[\w$]+\.getFailed\(/.exec(text) ?? [];
        if (!entry) throw new Error("this gitlab-ci-local is not the one that is pinned: no entry was found");
        const asleep = replaceOnce(text, /\(\(\)=>\{let [\w$]+=[\w$]+\(process\.env\),/g, (start) => `false&&${start}`);
        const asJson = replaceOnce(asleep, /[\w$]+\(([\w$]+),\{lineWidth:160\}\)/g, "JSON.stringify($1)");
        const alone = replaceOnce(
            asJson,
            /static bash\([^{}]*\)\{[^{}]*\{[^{}]*\}[^{}]*\}static spawn\([^{}]*\)\{[^{}]*\{[^{}]*\}[^{}]*\}/g,
            "static async bash(a,b){return answerForProgram(a,b)}static async spawn(a,b){return answerForProgram(a,b)}",
        );
        return {...loaded, source: `${alone}\nexport {${entry} as handler};\n`};
    },
});

const {handler} = await import(program);

async function resolve ({folder, file}, index) {
    const scratch = path.join(request.scratch, String(index));
    mkdirSync(scratch, {recursive: true});
    const printed = [];
    const streams = {stdout: (text) => printed.push(text), stderr: () => {}, memoStdout: () => {}, flush: () => {}};
    try {
        await handler({
            cwd: path.relative(process.cwd(), folder) || ".",
            file,
            home: scratch,
            stateDir: path.relative(folder, scratch), // so that nothing is written into the case
            preview: true,
            evaluateRuleChanges: false, // asks git
            jsonSchemaValidation: false, // the schema has a judge of its own
        }, streams, []);
        return {resolved: JSON.parse(printed.join("").replace(/^---\n/, ""))};
    } catch (error) {
        // eslint-disable-next-line no-control-regex
        return {rejected: String(error?.message ?? error).replaceAll(/\u001B\[[\d;]*m/g, "").trim()};
    }
}

const answers = [];
for (const [index, pipeline] of request.pipelines.entries()) answers.push(await resolve(pipeline, index));
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
