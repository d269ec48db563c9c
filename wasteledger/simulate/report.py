"""What the demonstration says while it runs: Chinese first, numbers beside it."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from schemas.label_fields import LabelFields
from schemas.quantities import format_kg
from schemas.reasons import CLASSES, REASONS
from wasteledger import clock
from wasteledger.domain.register import Register
from wasteledger.flows.accounts import Login
from wasteledger.simulate.day import Wrongs
from wasteledger.simulate.labels_seen import Seen

#: Undecoded codes named one by one; the rest is counted.
NAMED_MAX = 5


def percent(rate: float | None) -> str:
    """A rate for people, rounded down: only all of it shows as 100 %."""
    if rate is None:
        return "—"
    hundredths = round(rate * 1_000_000) // 100
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


class Report:
    """Prints to one stream; silent where there is none."""

    def __init__(self, stream: TextIO | None = sys.stdout) -> None:
        """Starts the clock of the whole run."""
        self._stream = stream
        self._started_s = clock.elapsed_s()
        self._took_s: dict[str, float] = {}
        self._pages = 0

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Remembers how long a part took."""
        started_s = clock.elapsed_s()
        yield
        self._took_s[name] = clock.elapsed_s() - started_s

    def _say(self, text: str = "", *, end: str = "\n") -> None:
        if self._stream:
            print(text, end=end, file=self._stream, flush=True)

    def loaded(self, register: Register) -> None:
        """Step 1."""
        kinds = Counter(site.code[0] for site in register.sites)
        name = next(division.name for division in register.divisions if division.code == register.region)
        self._say(f"1 装载 {name}：{len(register.divisions) - 1} 个乡镇街道")
        self._say(
            f"  中转点 {kinds['T']} · 村卫生室 {kinds['C']} · 医院 {kinds['H']} · 其他产生单位 {kinds['G']}"
            f" · 承运人 {kinds['R']} · 处置单位 {kinds['D']} · 人员 {len(register.people)}"
        )

    def printed(self, labels: list[LabelFields], path: Path) -> None:
        """Step 2."""
        kinds = Counter(label.label for label in labels)
        self._say(
            f"2 打印标签 {len(labels)} 张（医疗 {kinds['medical']}、危险废物 {kinds['hazardous']}、周转箱 {kinds['box']}）"
            f" → {path}，{self._took_s['print']:.1f} s"
        )

    def progress(self, pages: int, total: int) -> None:
        """Step 3 while it runs: a counting line at a terminal, a line now and then in a file."""
        before, self._pages = self._pages, self._pages + pages
        if self._stream and self._stream.isatty():
            self._say(f"\r3 拍照识读 {self._pages}/{total}", end="")
        elif self._pages * 4 // total > before * 4 // total:
            self._say(f"  … {self._pages}/{total}")

    def decoded(self, seen: Seen, readable: list[LabelFields], undecoded: list[str]) -> None:
        """Step 3."""
        by = "、".join(f"{name} {count}" for name, count in Counter(seen.decoders).most_common())
        start = "\r" if self._stream and self._stream.isatty() else ""
        counts = f"识读 {len(readable)}，未识读 {len(undecoded)}（{by or '无'}）"
        self._say(f"{start}3 拍照识读 {seen.pictures} 张：{counts}，{self._took_s['decode']:.1f} s")
        if undecoded:
            more = f" 等 {len(undecoded)} 个" if len(undecoded) > NAMED_MAX else ""
            self._say(f"  未识读的标签不再使用：{'、'.join(undecoded[:NAMED_MAX])}{more}")

    def sent(self, events: int, devices: int) -> None:
        """Step 4."""
        self._say(f"4 {devices} 台设备签名上传 {events} 条记录，{self._took_s['send']:.1f} s")

    def wrongs(self, wrongs: Wrongs) -> None:
        """Step 5."""
        rows = wrongs.texts()
        self._say(f"5 故意出错 {len(rows)} 处" + ("：" if rows else "：识读的标签太少，未安排"))
        for code, text, subject in rows:
            self._say(f"  {text:<20}\t{subject}\t应报 {code} {REASONS[code].zh}")

    def reconciled(self, answer: dict[str, Any], when: str) -> None:
        """Steps 6 and 7."""
        step = "6 对账" if when == "before" else "7 补传后对账"
        self._say(f"{step} {answer['from']} 至 {answer['to']}，账本 {answer['tree_size']} 条")
        self._say(
            f"  已证明处置率 {percent(answer['rate_proved_mass'])}（按重量） {percent(answer['rate_proved_count'])}（按件）"
            f" · 到期处置率 {percent(answer['rate_due_mass'])}"
        )
        for figure in answer["official"].values():
            self._say(f"  {figure['zh']} {percent(figure['rate_mass'])}")
        self._groups("乡镇", answer["divisions"])
        self._groups("类别", answer["categories"])
        for name, amount in answer["classes"].items():
            if amount["count"]:
                self._say(f"  {CLASSES[name][0]}\t{amount['count']} 件\t{format_kg(amount['mass_g'])} kg")
        self._say(f"  异常 {len(answer['findings'])} 项")
        for finding in answer["findings"]:
            subject = "、".join(finding["items"][:3]) or finding["detail"]
            due = f"{clock.shown(finding['due_ms'])} 前"
            self._say(f"  · {REASONS[finding['code']].zh} {finding['code']}\t{subject}")
            self._say(
                f"      责任方 {finding['site_name']}，{due}；证据 {' '.join(e[:10] for e in finding['evidence'])}"
            )

    def _groups(self, title: str, groups: dict[str, Any]) -> None:
        """Only the groups that fall short; the pages show them all."""
        short = {name: row for name, row in groups.items() if row["rate_proved_mass"] != 1.0}
        full = len(groups) - len(short)
        self._say(f"  {title}：{full} 个达到 100 %" + ("，其余：" if short else ""))
        for name, row in short.items():
            self._say(f"    {name}\t已证明 {percent(row['rate_proved_mass'])}\t到期 {percent(row['rate_due_mass'])}")

    def repaired(self, events: int) -> None:
        """Step 7."""
        self._say(f"7 补救：未联网的手持机补传、补收被遗忘的一袋，共 {events} 条记录")

    def difference(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """What the repair changed."""
        was, now = (Counter(f["code"] for f in answer["findings"]) for answer in (before, after))
        closed = "、".join(
            f"{REASONS[code].zh} {was[code]}→{now[code]}" for code in sorted(was | now) if was[code] != now[code]
        )
        self._say(
            f"  变化：已证明处置率 {percent(before['rate_proved_mass'])} → {percent(after['rate_proved_mass'])}；{closed or '无变化'}"
        )
        self._say(f"  用时 {clock.elapsed_s() - self._started_s:.1f} s")

    def serving(self, port: int, directory: Path, logins: list[Login], wrongs: Wrongs, period: dict[str, str]) -> None:
        """Step 8."""
        root = f"http://127.0.0.1:{port}"
        self._say(f"8 服务已启动：{root}/ （按 Ctrl+C 停止）")
        if wrongs.jumped:
            self._say(f"  一件的链条  {root}/items/{wrongs.jumped}")
            self._say(f"  标签        {root}/items/{wrongs.jumped}/label.pdf")
        self._say(f"  接口文档    {root}/docs")
        self._say("  演示账号（本次生成）")
        for login in logins:
            self._say(f"    {login.name}\t{login.password}\t{login.role}")
        self._say("  在另一终端查同一账本：")
        self._say(
            f"    WASTELEDGER_DATA_DIR={directory} .venv/bin/wasteledger reconcile --region 500114"
            f" --from {period['from']} --to {period['to']}"
        )

    def stopped(self) -> None:
        """Ctrl+C."""
        self._say(
            "\n已停止。再次查看：WASTELEDGER_DATA_DIR=demo WASTELEDGER_PUBLIC_PAGES=1 .venv/bin/wasteledger serve"
        )
