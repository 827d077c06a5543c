"""Which programs run code that their words do not show?

They have a row, so that a reader sees that they are known; what they do may be anything.
"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import EVERYTHING, Certainty, CommandEffect
from kaniko_split.programs.row import Usage, row

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES


def _script(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Name the script that an interpreter runs, its first operand; `--version` runs nothing."""
    words = usage.operands
    if words in {("--version",), ("-V",), ("-v",), ("version",), ("-version",)}:
        return replace(effect, failure=NO, prints=YES)
    if not words or words[0].startswith(("-", "$", "`")):
        return None
    return replace(EVERYTHING, known=True, runs_file=words[0], reads=frozenset({words[0]}), source=effect.source)


ROWS = (
    row(
        "python,python2,python3,pypy,node,nodejs,deno,bun,ruby,perl,php,lua,Rscript,tclsh,pwsh,ts-node,tsx,osascript,"
        "guile,groovy,kotlin,scala,swift,julia,elixir,escript,racket",
        raw=True,
        operands="text...",
        refine=_script,
        source="python(1)",
    ),
    row(
        "npm,npx,yarn,pnpm,pnpx,corepack,lerna,nx,turbo,rush,vite,webpack,tsc,eslint,prettier,jest,vitest,mocha,"
        "cypress,playwright,ng,vue-cli-service,next,nuxt,gulp,grunt,rollup,esbuild,parcel,bower,semantic-release-cli,"
        "commitlint",
        everything=True,
        source="npm(1)",
    ),
    row(
        "pip,pip2,pip3,pipx,pipenv,poetry,uv,uvx,conda,mamba,micromamba,tox,nox,pytest,black,ruff,flake8,pylint,mypy,"
        "isort,hatch,pdm,flask,django-admin,gunicorn,uvicorn,alembic,coverage,sphinx-build,mkdocs,invoke,"
        "easy_install,setup.py,virtualenv",
        everything=True,
        source="pip(1)",
    ),
    row(
        "go,gofmt,golangci-lint,goreleaser,govulncheck,mage,cargo,rustc,rustup,mvn,mvnw,gradle,gradlew,ant,sbt,lein,"
        "bazelisk,buck,pants,java,javac,jar,javadoc,kotlinc,scalac,dotnet,msbuild,nuget,mix,rebar3,stack,cabal,ghc,"
        "dune,opam,zig,nim,crystal,swiftc,flutter,dart,pub",
        everything=True,
        source="go(1)",
    ),
    row(
        "make,gmake,cmake,ninja,meson,scons,gcc,g++,cc,c++,clang,clang++,ld,ldconfig,automake,autoconf,configure,"
        "ctest,cpack,rake,just,task,tasks,nmake,gyp,waf,conan,vcpkg",
        everything=True,
        source="GNU make manual",
    ),
    row(
        "composer,bundle,bundler,gem,rails,rspec,phpunit,artisan,drush,wp,symfony,jekyll,hugo,gatsby,eleventy,hexo,"
        "asdf,mise,nvm,fnm,n,sdk,rbenv,pyenv,direnv,brew,nix,nix-build,nix-shell,guix,snap,flatpak",
        everything=True,
        source="composer, documentation",
    ),
    row(
        "psql,mysql,mariadb,mongo,mongosh,redis-cli,sqlite3,pg_dump,mysqldump,pg_isready,flyway,liquibase,dbmate,"
        "migrate,goose,sqlcmd,cqlsh,influx,etcdctl,kafka-topics,rabbitmqctl",
        everything=True,
        source="psql(1)",
    ),
    row("vi,vim,nvim,nano,emacs,ed,ex,less,more,man,info", everything=True, source="POSIX, vi"),
)
