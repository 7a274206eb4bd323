import sys,tempfile,time
from pathlib import Path
from benchmarks.campaign import file_operations as f
from benchmarks.campaign.rows import line
from benchmarks.campaign.course import courses
t=time.time()
for r in f.attacks(float(sys.argv[1]), Path(tempfile.mkdtemp(dir="/tmp/coord")), 0):
    print(line(r), round(time.time()-t), flush=True)
