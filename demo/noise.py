"""An ordinary working day: what fills the recording between the attacks, COM's everyday look-alikes included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.proof.simulation.host import SYSTEM32

if TYPE_CHECKING:
    from comtrap.proof.simulation.host import Host

OFFICE = "C:\\Program Files\\Microsoft Office\\root\\Office16\\"
PHOTOS = "{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}"


class Day:
    """The processes that are always there, and the things people do with them."""

    def __init__(self, host: Host) -> None:
        self.host = host
        system = {"user": "NT AUTHORITY\\SYSTEM", "integrity": "System"}
        self.services = host.start(None, SYSTEM32 + "services.exe", f"={SYSTEM32}services.exe", **system)
        self.dcom = host.start(None, SYSTEM32 + "svchost.exe", "-k DcomLaunch -p", **system)
        self.netsvcs = host.start(None, SYSTEM32 + "svchost.exe", "-k netsvcs -p -s Schedule", **system)
        self.explorer = host.start(None, "C:\\Windows\\explorer.exe")

    def something(self) -> None:
        """One ordinary thing happens."""
        self.host.random.choice(
            (self.thumbnail, self.browse, self.browse, self.write_letter, self.service, self.one_drive, self.inventory,
             self.administer, self.settings, self.log_on, self.update)
        )()  # fmt: skip

    def thumbnail(self) -> None:
        """A surrogate shows pictures: it starts, loads codecs, ends, and starts nothing."""
        surrogate = self.host.start(
            self.dcom, SYSTEM32 + "dllhost.exe", f"=C:\\Windows\\system32\\DllHost.exe /Processid:{PHOTOS}"
        )
        self.host.load(surrogate, SYSTEM32 + "thumbcache.dll")
        self.host.load(surrogate, SYSTEM32 + "WindowsCodecs.dll")
        self.host.end(surrogate)

    def browse(self) -> None:
        """A browser looks things up."""
        edge = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"
        browser = self.host.start(self.explorer, edge, "--single-argument https://intranet.example.test/")
        for n in range(self.host.random.randrange(2, 6)):
            address = f"198.51.100.{self.host.random.randrange(1, 250)}"
            self.host.resolve(browser, f"www{n}.example.com", address)
            self.host.connect(browser, address, 443)
        self.host.end(browser)

    def write_letter(self) -> None:
        """Word opens a document; its add-ins are class libraries in its own folder."""
        word = self.host.start(self.explorer, OFFICE + "WINWORD.EXE", '/n "C:\\Users\\user1\\Documents\\letter.docx"')
        self.host.load(word, OFFICE + "mso.dll")
        self.host.load(word, SYSTEM32 + "msxml6.dll")
        self.host.set_value(word, "HKCU\\Software\\Microsoft\\Office\\16.0\\Word\\Options", "LastOpened", "letter.docx")
        self.host.create_file(word, "C:\\Users\\user1\\Documents\\~$letter.docx")
        self.host.end(word)

    def service(self) -> None:
        """The service manager starts a host process."""
        child = self.host.start(
            self.services,
            SYSTEM32 + "svchost.exe",
            "-k LocalService -p -s FontCache",
            user="NT AUTHORITY\\LOCAL SERVICE",
            integrity="System",
        )
        self.host.load(child, SYSTEM32 + "FntCache.dll")

    def one_drive(self) -> None:
        """OneDrive registers its shell extension for the user, as it does at each update."""
        folder = "C:\\Users\\user1\\AppData\\Local\\Microsoft\\OneDrive\\24.101.0519.0009\\"
        sync = self.host.start(self.explorer, folder + "FileSyncConfig.exe")
        key = "HKCU\\Software\\Classes\\CLSID\\{021E4F06-9DCC-49AD-88CF-ECC2DA314C8A}\\InProcServer32"
        self.host.set_value(sync, key, "", folder + "FileCoAuthLib64.dll")
        self.host.set_value(sync, key, "ThreadingModel", "Apartment")
        self.host.end(sync)

    def inventory(self) -> None:
        """Management software asks WMI for a list, as text."""
        agent = self.host.start(
            self.services,
            SYSTEM32 + "CompatTelRunner.exe",
            "-m:appraiser.dll -f:DoScheduledTelemetryRun",
            user="NT AUTHORITY\\SYSTEM",
            integrity="System",
        )
        wmic = self.host.start(
            agent,
            SYSTEM32 + "wbem\\WMIC.exe",
            "os get caption /format:list",
            user="NT AUTHORITY\\SYSTEM",
            integrity="System",
        )
        self.host.load(wmic, SYSTEM32 + "msxml6.dll")
        self.host.end(wmic)

    def administer(self) -> None:
        """A signed logon script of the domain runs under cscript, and PowerShell looks at services."""
        script = self.host.start(
            self.netsvcs, SYSTEM32 + "cscript.exe", '/nologo "C:\\Windows\\System32\\gatherNetworkInfo.vbs"'
        )
        self.host.load(script, SYSTEM32 + "wshom.ocx")
        self.host.end(script)
        shell = self.host.start(
            self.explorer,
            SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe",
            '-Command "Get-Service | Where-Object Status -eq Running"',
        )
        self.host.script(shell, "Get-Service | Where-Object Status -eq Running")
        self.host.end(shell)

    def settings(self) -> None:
        """Explorer keeps its settings, and creates keys below a class."""
        n = self.host.random.randrange(100)
        self.host.set_value(
            self.explorer,
            "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs",
            str(n),
            "Binary Data",
        )

    def log_on(self) -> None:
        """The screen is unlocked."""
        self.host.log_on(7)

    def update(self) -> None:
        """An installer registers a class machine-wide, from Program Files."""
        installer = self.host.start(
            self.services, SYSTEM32 + "msiexec.exe", "/V", user="NT AUTHORITY\\SYSTEM", integrity="System"
        )
        self.host.create_file(installer, "C:\\Program Files\\Contoso Viewer\\viewer.dll")
        self.host.set_value(installer, "HKLM\\SOFTWARE\\Contoso\\Viewer", "Version", "4.2")
        self.host.end(installer)
