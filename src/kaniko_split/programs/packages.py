"""What do the programs do that install packages of a distribution, or change users and the system?

The scripts of a package run as root, and know nothing of the job. They write the container's root, not the project.
What a mirror has changes from day to day.
"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.variables import PROXY

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_ROOT = (
    "/bin",
    "/boot",
    "/etc",
    "/lib",
    "/lib64",
    "/opt",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/usr",
    "/var",
    "/tmp",  # noqa: S108  # a package may write there
    "/home",
)
_INSTALLS = Columns(
    reads=_ROOT,
    writes=_ROOT,
    reads_network=YES,
    failure=NO,
    differs=MAYBE,
    reads_environment=MAYBE,
    names=PROXY,
    reads_folder=False,
)
_DISTRIBUTION = (
    "-y,--yes,--assume-yes -q,--quiet -v,--verbose --no-install-recommends --no-install-suggests --no-cache "
    "-U,--update-cache,--update -u,--upgrade -t,--virtual:text -X,--repository:text --allow-untrusted -f,--force "
    "-o,--option:text --fix-broken --fix-missing --allow-unauthenticated --allow-downgrades "
    "--allow-change-held-packages --allow-releaseinfo-change --reinstall --purge --auto-remove --autoremove "
    "--no-progress --initdb -a,--available -l,--latest --setopt:text --nodocs --nogpgcheck --enablerepo:text "
    "--disablerepo:text --best --allowerasing --refresh --installroot:write --releasever:text --no-upgrade "
    "--only-upgrade -d,--download-only -S -s --noconfirm --needed --print-uris --keys-dir:read -p,--root:write "
    "--no-scripts -C --skip-broken -n,--non-interactive -i --no-recommends"
)


def _packages(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See a package that is a file (`apt-get install ./tool.deb`), or is downloaded into the working directory."""
    files = frozenset(word for word in usage.operands if "/" in word or word.endswith((".deb", ".rpm", ".apk")))
    here = any(word in {"download", "fetch", "source", "changelog"} for word in usage.operands)
    return replace(effect, reads=effect.reads | files, writes_files=here, reads_files=here)


ROWS = (
    row(
        "apk,apt,apt-get,yum,dnf,microdnf,tdnf,zypper,pacman,opkg,apt-cache,add-apt-repository,apt-key,rpm-ostree,"
        "emerge,xbps-install",
        _DISTRIBUTION,
        "text...",
        refine=_packages,
        source="apk(8); apt-get(8); dnf(8)",
        like=_INSTALLS,
    ),
    row("dpkg,rpm", any_options=True, operands="read...", reads_files=True, source="dpkg(1)", like=_INSTALLS),
    row(
        "update-ca-certificates,update-ca-trust,update-alternatives,dpkg-reconfigure,locale-gen",
        any_options=True,
        operands="text...",
        source="update-ca-certificates(8)",
        like=_INSTALLS,
    ),
    row(
        "adduser,useradd,addgroup,groupadd,usermod,deluser,userdel,delgroup,passwd,chpasswd,chsh",
        any_options=True,
        operands="text...",
        reads_input=True,
        source="adduser(8)",
        reads=_ROOT,
        writes=_ROOT,
        failure=NO,
        differs=NO,
    ),
    row(
        "systemctl,service,rc-service,rc-update,openrc,supervisorctl,sysctl,modprobe,insmod,rmmod,swapon,swapoff,"
        "losetup,mkfs,mke2fs,umount,reboot,halt,poweroff,shutdown,iptables,ifup,ifdown,hwclock,init,telinit,crond,"
        "cron,httpd,nginx,inetd",
        everything=True,
        source="systemctl(1)",
    ),
)
